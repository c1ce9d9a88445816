/** Orders that were given up: tried again, as a draft that is checked and confirmed anew, or let go. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deeds, queries } from "../api/calls";
import type { Schemas } from "../api/client";
import { useDraftSheet } from "../rules/DraftSheet";
import { moment } from "../ui/figures";
import { Button, Empty, Failure, Panel, Sheet, Waiting } from "../ui/parts";
import { useZone } from "../ui/zone";

type Letter = Schemas["LetterOut"];

export function Letters() {
  const zone = useZone();
  const client = useQueryClient();
  const letters = useQuery(queries.letters);
  const { ask, busy, error, sheet } = useDraftSheet();
  const [leaving, setLeaving] = useState<Letter | null>(null);
  const found = letters.data?.dead_letters ?? [];
  return (
    <Panel title="Given up">
      {letters.isPending && <Waiting what="what was given up" />}
      {letters.isError && <Failure error={letters.error} again={() => void letters.refetch()} />}
      {letters.data !== undefined && found.length === 0 && <Empty title="Nothing was given up: every order has come to its end." />}
      {error !== null && <Failure error={error} />}
      <ul className="divide-y divide-line">
        {found.map((letter) => (
          <li key={letter.id} aria-label={`Given up ${letter.id}`} className="flex flex-wrap items-start justify-between gap-3 px-4 py-3">
            <div className="min-w-0 grow basis-64">
              <p className="break-words">{letter.reason}</p>
              <p className="text-xs text-soft">
                {moment(letter.at, zone)} · after {letter.attempts} {letter.attempts === 1 ? "attempt" : "attempts"}
              </p>
            </div>
            <div className="flex gap-2">
              <Button
                busy={busy}
                onClick={() =>
                  ask("Try again?", async () => {
                    const draft = await deeds.retryLetter(letter.id);
                    void client.invalidateQueries({ queryKey: ["letters"] });
                    return draft;
                  })
                }
              >
                Try again
              </Button>
              <Button weight="danger" onClick={() => setLeaving(letter)}>
                Let go
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {sheet}
      {leaving !== null && <LetGo letter={leaving} onClose={() => setLeaving(null)} />}
    </Panel>
  );
}

function LetGo({ letter, onClose }: { letter: Letter; onClose: () => void }) {
  const client = useQueryClient();
  const drop = useMutation({ mutationFn: () => deeds.discardLetter(letter.id), onSuccess: onClose, onSettled: () => client.invalidateQueries({ queryKey: ["letters"] }) });
  return (
    <Sheet title="Let it go?" onClose={onClose}>
      <p>{letter.reason}</p>
      <p className="mt-2 text-soft">What it was to trade is then not traded. This cannot be undone.</p>
      {drop.isError && <Failure error={drop.error} />}
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>Keep it</Button>
        <Button weight="danger" busy={drop.isPending} onClick={() => drop.mutate()}>
          Let it go
        </Button>
      </div>
    </Sheet>
  );
}
