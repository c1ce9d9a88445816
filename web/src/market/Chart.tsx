/** Candles on a canvas with lines, fills and indicators; the only page part that knows the chart library. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Price } from "../api/calls";
import { type Bar, barOf, begunBar, grown, type Read, startOf, type Timeframe } from "./candles";
import { type ChartParts, createParts, drawIndicators, drawLevels, drawMarks, makeRoom, reach } from "./draw";
import { Handle, Hint, type Scale } from "./Handle";
import type { Candle } from "./indicators";
import type { Drawn, FillMark, Level } from "./levels";
import { placed } from "./place";
import { useShade } from "../ui/shade";
import { Through } from "./Through";
import { distancePercent, percent } from "../ui/figures";

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
  /** Make room for every line, however far from the candles. */
  whole?: boolean;
}

const BARS_SHOWN = 110;
const BAR_PX = 7;

/** What a chart is made with is made once: another zone, another tick or other colours are another chart. */
export function Chart(view: ChartView) {
  return <Canvas key={`${view.zone} ${view.tick} ${useShade()}`} {...view} />;
}

function Canvas({ says, timeframe, zone, tick, read, now, levels, fills, drawn, whole = false }: ChartView) {
  const host = useRef<HTMLDivElement>(null);
  const [parts, setParts] = useState<ChartParts | null>(null);
  const names = useRef(new Map<string, Name>());
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
    const made = createParts(node, { zone, tick, reachOf: (low, high, all) => reach(levelsNow.current, low, high, all), onDraw: () => place(made, names.current) });
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
  useEffect(() => (parts === null ? undefined : makeRoom(parts, whole)), [parts, whole]);
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
      const name = names.current.get(id);
      if (name !== undefined) name.price = price;
      if (parts !== null) place(parts, names.current);
    },
  };
  return (
    <div className="relative size-full touch-pan-y" role="group" aria-label={says}>
      <div ref={host} className="absolute inset-0" aria-hidden="true" />
      {parts !== null && <Through parts={parts} bars={read?.closed.length ?? 0} zone={zone} />}
      {parts !== null &&
        levels.map((level) => {
          const attach = (node: HTMLElement | null) => {
            if (node === null) names.current.delete(level.id);
            else names.current.set(level.id, { node, price: Number(level.price), always: level.onMove !== undefined });
            place(parts, names.current);
          };
          const away = now === undefined ? "" : percent(distancePercent(now.price, level.price), 1);
          if (level.onMove === undefined) return <Hint key={level.id} level={level} away={away} attach={attach} />;
          return <Handle key={level.id} level={level} away={away} tick={tick} scale={scale} attach={attach} />;
        })}
    </div>
  );
}

interface Name {
  node: HTMLElement;
  price: number;
  always: boolean;
}

/** Put each name on its line; at the edge where its line is out of sight, and beside the one it would cover. */
function place({ chart, candles }: ChartParts, names: ReadonlyMap<string, Name>): void {
  if (names.size === 0) return;
  const axis = chart.priceScale("right").width();
  const asked = [...names].map(([id, { price, always }]) => ({ id, y: candles.priceToCoordinate(price), always }));
  for (const { id, top, right, edge, hidden } of placed(asked, chart.timeScale().width(), chart.panes()[0]?.getHeight() ?? 0)) {
    const node = names.get(id)?.node;
    if (node === undefined) continue;
    node.hidden = hidden;
    node.dataset["edge"] = edge;
    node.style.transform = `translate(${-axis - 6 - right}px, ${top}px)`;
  }
}
