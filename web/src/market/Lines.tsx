/** The chart's lines as a list, for those who read better than they aim: each with its distance, movable by number. */
import { type FormEvent, useState } from "react";
import { away, distancePercent, level, unbroken } from "../ui/figures";
import { Field } from "../ui/fields";
import { Button, Empty, Go, Sheet } from "../ui/parts";
import type { Held } from "./held";
import { onTick } from "./move";

const KIND = { trigger: "bg-accent", draft: "bg-warn", entry: "bg-soft", liquidation: "bg-bad" } as const;

interface Listed {
  held: readonly Held[];
  now: string | null;
  tick: string;
  onMove: ((held: Held, to: string) => void) | undefined;
}

export function Lines({ held, now, tick, onMove }: Listed) {
  const [moving, setMoving] = useState<Held | null>(null);
  if (held.length === 0) {
    return (
      <Empty title="No rule and no position hangs on a price here.">
        <Go to="/say">Say when to trade</Go>
      </Empty>
    );
  }
  return (
    <>
      <ul className="divide-y divide-line">
        {held
          .toSorted((a, b) => Number(b.level.price) - Number(a.level.price))
          .map((one) => (
            <li key={one.level.id} className="flex items-start gap-3 px-4 py-2.5">
              <span aria-hidden="true" className={`mt-1.5 size-2 shrink-0 rounded-full ${KIND[one.level.tone]}`} />
              <div className="min-w-0 grow">
                <p className="flex justify-between gap-2">
                  <span className="font-medium">{one.level.label}</span>
                  <span>{level(one.level.price)}</span>
                </p>
                <p className="text-xs break-words text-soft">{unbroken(one.level.says)}</p>
                <p className="flex min-h-8 items-center justify-between gap-2 text-xs text-soft">
                  {now === null ? "" : `${away(distancePercent(now, one.level.price))} ${Number(one.level.price) >= Number(now) ? "above" : "below"}`}
                  {one.movable && (
                    <Button className="!min-h-7 !py-0.5 text-xs" disabled={onMove === undefined} onClick={() => setMoving(one)}>
                      Move<span className="sr-only"> {one.level.label}</span>
                    </Button>
                  )}
                </p>
              </div>
            </li>
          ))}
      </ul>
      {moving !== null && (
        <Move
          held={moving}
          tick={tick}
          onClose={() => setMoving(null)}
          onMove={(to) => {
            setMoving(null);
            onMove?.(moving, to);
          }}
        />
      )}
    </>
  );
}

function Move({ held, tick, onClose, onMove }: { held: Held; tick: string; onClose: () => void; onMove: (to: string) => void }) {
  const [text, setText] = useState(held.level.price);
  const number = Number(text.replaceAll(",", ""));
  const usable = text.trim() !== "" && Number.isFinite(number) && number > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (usable) onMove(onTick(number, tick));
  };
  return (
    <Sheet title={`Move ${held.level.label}`} onClose={onClose}>
      <p className="mb-3 text-soft">{held.level.says}</p>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label="New price" inputMode="decimal" value={text} aria-invalid={!usable} hint={`In steps of ${tick}. It is read back to you before anything changes.`} onChange={(event) => setText(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button weight="main" type="submit" disabled={!usable}>
            Read it back
          </Button>
        </div>
      </form>
    </Sheet>
  );
}
