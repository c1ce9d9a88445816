/** The owner's way out: everything taken along as one file, or the account deleted for good. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { fetchFile } from "../api/calls";
import { Field } from "../ui/fields";
import { Button, Failure, Panel, Sheet } from "../ui/parts";
import { acts } from "./asks";
import { useAct } from "./useAct";

const WORD = "delete";

export function Leaving() {
  const [leaving, setLeaving] = useState(false);
  const fetched = useMutation({ mutationFn: () => fetchFile("/api/account/export") });
  const take = useAct(
    () => acts.askExport(),
    (asked) => {
      if (asked.done) fetched.mutate();
    },
  );
  return (
    <Panel title="Yours to take or to end">
      <div className="flex flex-wrap items-center gap-2 p-4">
        <Button busy={take.isPending} onClick={() => take.mutate(undefined)}>
          Export everything
        </Button>
        {take.data?.approval != null && (
          // Signed above, it may be fetched by this session for ten minutes.
          <Button busy={fetched.isPending} onClick={() => fetched.mutate()}>Fetch it once signed</Button>
        )}
        <Button weight="danger" className="ml-auto" onClick={() => setLeaving(true)}>
          Delete my account
        </Button>
      </div>
      {take.isError && <Failure error={take.error} />}
      {fetched.isError && <Failure error={fetched.error} />}
      {take.data?.approval != null && <p className="px-4 pb-4 text-warn">Your wallet must sign first: it waits at the top of this page.</p>}
      {leaving && <Leave onClose={() => setLeaving(false)} />}
    </Panel>
  );
}

function Leave({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [word, setWord] = useState("");
  const leave = useAct(
    () => acts.deleteAccount(),
    (asked) => {
      if (asked.done) void client.resetQueries({ queryKey: ["me"] });
    },
  );
  return (
    <Sheet title="Delete your account?" onClose={onClose}>
      <p>Rules, history, links and keys go for good; nobody can bring them back. Armed rules are cancelled with it; a position or an order that is open must be closed first.</p>
      <Field label={`Type ${WORD} to go on`} className="mt-4" value={word} onChange={(event) => setWord(event.target.value)} />
      {leave.isError && <Failure error={leave.error} />}
      {leave.data?.approval != null && <p className="mt-3 text-warn">Your wallet must sign first: it waits at the top of the page.</p>}
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>Keep it</Button>
        <Button weight="danger" disabled={word.trim().toLowerCase() !== WORD} busy={leave.isPending} onClick={() => leave.mutate(undefined)}>
          Delete my account
        </Button>
      </div>
    </Sheet>
  );
}
