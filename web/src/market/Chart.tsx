/** Candles on a canvas with lines, fills and indicators; the only page part that knows the chart library. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Price } from "../api/calls";
import { type Bar, barOf, begunBar, grown, type Read, startOf, type Timeframe } from "./candles";
import { type ChartParts, createParts, drawIndicators, drawLevels, drawMarks, reach } from "./draw";
import { Handle, type Scale } from "./Handle";
import type { Candle } from "./indicators";
import type { Drawn, FillMark, Level } from "./levels";

export interface ChartView {
  says: string;
  timeframe: Timeframe;
  zone: string;
  tick: string;
  read: Read | undefined;
  now: Price | undefined;
  levels: readonly Level[];
  fills: readonly FillMark[];
  drawn: readonly Drawn[];
}

const BARS_SHOWN = 110;
const BAR_PX = 7;
const SLOT_PX = 62;
const HANDLE_PX = 26;

export default function Chart({ says, timeframe, zone, tick, read, now, levels, fills, drawn }: ChartView) {
  const host = useRef<HTMLDivElement>(null);
  const [parts, setParts] = useState<ChartParts | null>(null);
  const handles = useRef(new Map<string, { node: HTMLElement; price: number }>());
  const growing = useRef<Bar | null>(null);
  // For which chart a first stretch of time was chosen; from then on it is the person's.
  const stretched = useRef<ChartParts | null>(null);
  const levelsNow = useRef(levels);
  useLayoutEffect(() => {
    levelsNow.current = levels;
  }, [levels]);

  useEffect(() => {
    const node = host.current;
    if (node === null) return undefined;
    const made = createParts(node, { zone, tick, reachOf: (low, high) => reach(levelsNow.current, low, high), onDraw: () => place(made, handles.current) });
    setParts(made);
    return () => {
      setParts(null);
      made.chart.remove();
    };
  }, [zone, tick]);

  useEffect(() => {
    if (parts === null || read === undefined) return;
    const bars = read.closed.map(barOf);
    const begun = begunBar(read, timeframe);
    // Nothing of the bar that grows is known before its first price: then that is where it begins.
    if (growing.current === null || (bars.at(-1)?.time ?? 0) >= growing.current.time) growing.current = begun;
    parts.candles.setData((growing.current === null ? bars : [...bars, growing.current]) as never);
    if (stretched.current !== parts && bars.length > 0) {
      const wanted = Math.min(BARS_SHOWN, Math.floor((host.current?.clientWidth ?? 700) / BAR_PX));
      parts.chart.timeScale().setVisibleLogicalRange({ from: bars.length - wanted, to: bars.length + 6 });
      stretched.current = parts;
    }
  }, [parts, read, timeframe]);

  useEffect(() => {
    if (parts === null || read === undefined || now === undefined) return;
    const bar = grown(growing.current, Number(now.price), Date.parse(now.at) / 1_000, timeframe);
    if (bar === null || bar.time <= (read.closed.length === 0 ? 0 : barOf(read.closed.at(-1) as Candle).time)) return;
    growing.current = bar;
    parts.candles.update(bar as never);
  }, [parts, read, now, timeframe]);

  useEffect(() => (parts === null ? undefined : drawLevels(parts, levels)), [parts, levels]);
  useEffect(() => {
    const first = read?.closed[0];
    if (parts === null || first === undefined) return;
    const since = Date.parse(first.start);
    drawMarks(parts, fills.filter((fill) => Date.parse(fill.at) >= since).map((fill) => ({ time: startOf(Date.parse(fill.at) / 1_000, timeframe), side: fill.side })));
  }, [parts, fills, read, timeframe]);
  useEffect(() => (parts === null ? undefined : drawIndicators(parts, read?.closed ?? [], drawn)), [parts, read, drawn]);

  const scale: Scale = {
    priceAt: (y) => parts?.candles.coordinateToPrice(y) ?? null,
    preview: (id, price) => {
      parts?.lines.get(id)?.applyOptions({ price });
      const handle = handles.current.get(id);
      if (handle !== undefined) handle.price = price;
      if (parts !== null) place(parts, handles.current);
    },
  };
  return (
    <div className="relative size-full touch-pan-y" role="group" aria-label={says}>
      <div ref={host} className="absolute inset-0" aria-hidden="true" />
      {parts !== null &&
        levels
          .filter((level) => level.onMove !== undefined)
          .map((level) => (
            <Handle
              key={level.id}
              level={level}
              tick={tick}
              scale={scale}
              attach={(node) => {
                if (node === null) handles.current.delete(level.id);
                else handles.current.set(level.id, { node, price: Number(level.price) });
                place(parts, handles.current);
              }}
            />
          ))}
    </div>
  );
}

/** Put each handle on its line; at the edge where its line is out of sight, and beside the one it would cover. */
function place({ chart, candles }: ChartParts, handles: ReadonlyMap<string, { node: HTMLElement; price: number }>): void {
  if (handles.size === 0) return;
  const bottom = (chart.panes()[0]?.getHeight() ?? 0) - HANDLE_PX;
  const axis = chart.priceScale("right").width();
  const found = [...handles.values()].map(({ node, price }) => ({ node, y: candles.priceToCoordinate(price) }));
  let above = { y: Number.NEGATIVE_INFINITY, slot: 0 };
  for (const { node, y } of found.toSorted((a, b) => (a.y ?? 0) - (b.y ?? 0))) {
    const top = Math.min(Math.max((y ?? 0) - HANDLE_PX / 2, 0), bottom);
    const slot = top - above.y < HANDLE_PX ? (above.slot + 1) % 4 : 0;
    above = { y: top, slot };
    node.hidden = y === null;
    node.dataset["edge"] = y === null || top === y - HANDLE_PX / 2 ? "" : y < HANDLE_PX ? "above" : "below";
    node.style.transform = `translate(${-axis - 6 - slot * SLOT_PX}px, ${top}px)`;
  }
}
