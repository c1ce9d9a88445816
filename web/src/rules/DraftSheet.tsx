/** A draft that something other than words led to: shown over the page, confirmed there, dropped when it is left. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useState } from "react";
import { deeds, type Draft } from "../api/calls";
import { late } from "../ui/late";
import { Button, Sheet } from "../ui/parts";

const Armed = late("what was confirmed", async () => (await import("../say/Armed")).Armed);
const DraftCard = late("the draft", async () => (await import("../say/DraftCard")).DraftCard);

interface Opened {
  title: string;
  draft: Draft;
}

/** `ask` makes a draft and shows it; `sheet` goes wherever the page has room for a dialog. */
export function useDraftSheet(): { ask: (title: string, step: () => Promise<Draft>) => void; busy: boolean; error: unknown; sheet: ReactNode } {
  const client = useQueryClient();
  const [opened, setOpened] = useState<Opened | null>(null);
  const [armed, setArmed] = useState<string[]>([]);
  const make = useMutation({
    mutationFn: async ({ title, step }: { title: string; step: () => Promise<Draft> }) => ({ title, draft: await step() }),
    onMutate: () => setArmed([]),
    onSuccess: setOpened,
  });
  const leave = () => {
    const left = opened?.draft;
    setOpened(null);
    if (left === undefined || armed.length > 0 || (left.state !== "asking" && left.state !== "awaiting_confirmation")) return;
    void deeds.cancel(left).finally(() => client.invalidateQueries({ queryKey: ["drafts"] }));
  };
  const over = opened !== null && (armed.length > 0 || opened.draft.state === "cancelled");
  const sheet = opened !== null && (
    <Sheet title={opened.title} onClose={leave}>
      {armed.length > 0 ? (
        <Armed ids={armed} />
      ) : over ? (
        <p className="text-soft">Cancelled. Nothing was changed.</p>
      ) : (
        <DraftCard
          draft={opened.draft}
          onChange={(draft) => (draft.state === "cancelled" ? setOpened(null) : setOpened({ ...opened, draft }))}
          onArmed={(ids) => setArmed(ids)}
        />
      )}
      <div className="mt-4 flex justify-end">
        <Button onClick={leave}>{over ? "Done" : "Leave it as it is"}</Button>
      </div>
    </Sheet>
  );
  const { mutate } = make;
  const ask = useCallback((title: string, step: () => Promise<Draft>) => mutate({ title, step }), [mutate]);
  return { ask, busy: make.isPending, error: make.error, sheet };
}
