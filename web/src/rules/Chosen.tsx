/** Several rules at once: those that were picked, paused, resumed or deleted. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deeds } from "../api/calls";
import { count } from "../ui/figures";
import { Button, Failure, Sheet } from "../ui/parts";

const MOST = 200;
type What = "pause" | "resume" | "cancel";

export function Chosen({ ids, onDone }: { ids: readonly string[]; onDone: () => void }) {
  const client = useQueryClient();
  const [leaving, setLeaving] = useState(false);
  const bulk = useMutation({
    mutationFn: async (what: What) => {
      for (let from = 0; from < ids.length; from += MOST) {
        // oxlint-disable-next-line no-await-in-loop -- the API takes so many at a time
        await deeds.bulk(what, ids.slice(from, from + MOST));
      }
    },
    onSuccess: onDone,
    onSettled: () => client.invalidateQueries({ queryKey: ["rules"] }),
  });
  return (
    <div role="status" className="fixed inset-x-0 bottom-[calc(3.75rem+env(safe-area-inset-bottom))] z-20 flex flex-wrap items-center gap-2 border-t border-edge bg-raised px-4 py-2 max-sm:[&>button]:px-2 md:bottom-0">
      <span className="mr-auto">{ids.length === 1 ? "1 rule picked" : `${count(ids.length)} rules picked`}</span>
      <Button className="sm:order-last" onClick={onDone}>
        Pick none
      </Button>
      <span className="w-full sm:hidden" />
      <Button className="max-sm:grow" busy={bulk.isPending} onClick={() => bulk.mutate("pause")}>
        Pause them
      </Button>
      <Button className="max-sm:grow" busy={bulk.isPending} onClick={() => bulk.mutate("resume")}>
        Resume them
      </Button>
      <Button weight="danger" className="max-sm:grow" busy={bulk.isPending} onClick={() => setLeaving(true)}>
        Delete them
      </Button>
      {bulk.isError && <Failure error={bulk.error} />}
      {leaving && (
        <Sheet title={`Delete ${ids.length === 1 ? "this rule" : `these ${count(ids.length)} rules`}?`} onClose={() => setLeaving(false)}>
          <p>They are cancelled for good and fire no more. What they traded, and their history, stay.</p>
          <div className="mt-4 flex justify-end gap-2">
            <Button onClick={() => setLeaving(false)}>Keep them</Button>
            <Button weight="danger" busy={bulk.isPending} onClick={() => bulk.mutate("cancel")}>
              Delete them
            </Button>
          </div>
        </Sheet>
      )}
    </div>
  );
}
