/** What a trigger line is held by: dragged with a pointer, or moved with the arrow keys and Enter. */
import { type KeyboardEvent, type PointerEvent, useCallback, useState } from "react";
import { level as said } from "../ui/figures";
import type { Level } from "./levels";
import { onTick } from "./move";

export interface Scale {
  /** The price at a height of the chart. */
  priceAt: (y: number) => number | null;
  /** Show a line elsewhere while it is moved. */
  preview: (id: string, price: number) => void;
}

interface Held {
  level: Level;
  tick: string;
  scale: Scale;
  attach: (node: HTMLElement | null) => void;
  /** How far its line is from the price now, as people read it. */
  away: string;
}

const AT_EDGE = "hidden group-data-[edge=above]:inline group-data-[edge=below]:inline";

/** What a line out of sight is like: which way, and how far. */
function Away({ away }: { away: string }) {
  return (
    <span aria-hidden="true" className={AT_EDGE}>
      <span className="hidden group-data-[edge=above]:inline">↑</span>
      <span className="hidden group-data-[edge=below]:inline">↓</span> {away}
    </span>
  );
}

/** Says at the chart's edge where a line that cannot be moved lies; in sight its own title does. */
export function Hint({ level, away, attach }: Pick<Held, "level" | "away" | "attach">) {
  const { id, price } = level;
  // oxlint-disable-next-line react/exhaustive-deps -- one function for as long as it is the same line
  const ref = useCallback(attach, [id, price]);
  return (
    <div ref={ref} hidden aria-hidden="true" className={`group pointer-events-none absolute top-0 right-0 z-10 flex h-6.5 items-center gap-1 rounded border border-dashed bg-panel px-1.5 text-xs font-medium whitespace-nowrap [&[hidden]]:hidden ${TONE[level.tone]}`}>
      {level.label} <Away away={away} />
    </div>
  );
}

const TONE = { trigger: "border-accent text-accent", draft: "border-warn text-warn", entry: "border-soft text-soft", liquidation: "border-bad text-bad" } as const;
const STEPS: Record<string, number> = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };

export function Handle({ level, tick, scale, attach, away }: Held) {
  const [going, setGoing] = useState<string | null>(null);
  const here = going ?? level.price;
  const show = (price: string) => {
    setGoing(price);
    scale.preview(level.id, Number(price));
  };
  const back = () => {
    setGoing(null);
    scale.preview(level.id, Number(level.price));
  };
  const settle = () => {
    if (going === null) return;
    back(); // the line stays where it is until its new version is confirmed
    if (Number(going) !== Number(level.price)) level.onMove?.(going);
  };
  const drag = (event: PointerEvent<HTMLElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const top = event.currentTarget.parentElement?.getBoundingClientRect().top ?? 0;
    const price = scale.priceAt(event.clientY - top);
    if (price !== null && price > 0) show(onTick(price, tick));
  };
  const press = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step !== undefined) show(onTick(Math.max(Number(tick), Number(here) + step * Number(tick)), tick));
    else if (event.key === "Enter") settle();
    else if (event.key === "Escape") back();
    else return;
    event.preventDefault();
  };
  const { id } = level;
  // One function for as long as it is the same line, or every render would take it off the chart and put it back.
  // oxlint-disable-next-line react/exhaustive-deps -- see above
  const ref = useCallback(attach, [id, level.price]);
  return (
    <div
      ref={ref}
      role="slider"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={`Price of ${level.label}. Arrows move it, Enter asks to confirm.`}
      aria-valuenow={Number(here)}
      aria-valuetext={`${said(here)}${away === "" ? "" : `, ${away} away`}`}
      title={level.says}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onPointerUp={settle}
      onPointerCancel={back}
      onBlur={back}
      onKeyDown={press}
      className="group absolute top-0 right-0 z-10 flex h-6.5 min-w-14 cursor-ns-resize touch-none items-center justify-center gap-1 rounded border border-accent bg-panel px-1.5 text-xs font-medium whitespace-nowrap text-accent select-none [&[hidden]]:hidden data-[edge=above]:border-dashed data-[edge=below]:border-dashed"
    >
      <span aria-hidden="true">⇕</span>
      {going === null ? level.label : said(going)}
      {going === null && <Away away={away} />}
    </div>
  );
}
