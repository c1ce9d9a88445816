/** What a trigger line is held by: dragged with a pointer, or moved with the arrow keys and Enter. */
import { type KeyboardEvent, type PointerEvent, useCallback, useState } from "react";
import { price as said } from "../ui/figures";
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
}

const STEPS: Record<string, number> = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };

export function Handle({ level, tick, scale, attach }: Held) {
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
      aria-valuetext={said(here)}
      title={level.says}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onPointerUp={settle}
      onPointerCancel={back}
      onBlur={back}
      onKeyDown={press}
      className="absolute top-0 right-0 z-10 flex h-6.5 min-w-14 cursor-ns-resize touch-none items-center justify-center gap-1 rounded border border-accent bg-panel px-1.5 text-xs font-medium text-accent select-none data-[edge=above]:border-dashed data-[edge=below]:border-dashed"
    >
      <span aria-hidden="true">⇕</span>
      {going === null ? level.label : said(going)}
    </div>
  );
}
