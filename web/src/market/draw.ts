/** The chart's parts and how they are brought to what is asked; holds no state of the page. */
import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineSeries,
  LineStyle,
  TickMarkType,
  type Time,
} from "lightweight-charts";
import { barOf } from "./candles";
import type { Candle } from "./indicators";
import type { Drawn, Level } from "./levels";
import { colourOf, palette, type Palette } from "./palette";

export interface ChartParts {
  chart: IChartApi;
  candles: ISeriesApi<"Candlestick">;
  lines: Map<string, IPriceLine>;
  marks: ISeriesMarkersPluginApi<Time>;
  colours: Palette;
  /** Whether there is to be room for every line, however far from the candles. */
  room: { whole: boolean };
}

interface Wiring {
  zone: string;
  tick: string;
  /** The prices to make room for, given the lowest and highest in sight. */
  reachOf: (low: number, high: number, whole: boolean) => [number, number];
  /** Called whenever anything moved on the canvas. */
  onDraw: () => void;
}

const DASHES = { trigger: LineStyle.Dashed, draft: LineStyle.SparseDotted, entry: LineStyle.Solid, liquidation: LineStyle.LargeDashed } as const;
/** A line this many times the candles' height away is left out of sight, or they would be flat. */
const FAR = 2;

export function createParts(node: HTMLElement, { zone, tick, reachOf, onDraw }: Wiring): ChartParts {
  const colours = palette();
  const at = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
    return (time: Time) => format.format(new Date(Number(time) * 1_000));
  };
  const [year, month, day, clock] = [at({ year: "numeric" }), at({ month: "short" }), at({ day: "numeric", month: "short" }), at({ hour: "2-digit", minute: "2-digit" })];
  const chart = createChart(node, {
    autoSize: true,
    layout: {
      background: { color: colours.panel },
      textColor: colours.soft,
      fontFamily: getComputedStyle(document.body).fontFamily,
      attributionLogo: false, // the page says it in words: the logo brings a style element, which our policy forbids
      panes: { separatorColor: colours.line, enableResize: false },
    },
    grid: { vertLines: { color: colours.line, style: LineStyle.Dotted }, horzLines: { color: colours.line, style: LineStyle.Dotted } },
    rightPriceScale: { borderColor: colours.line },
    timeScale: {
      borderColor: colours.line,
      timeVisible: true,
      tickMarkFormatter: (time: Time, kind: TickMarkType) => ({ [TickMarkType.Year]: year, [TickMarkType.Month]: month, [TickMarkType.DayOfMonth]: day, [TickMarkType.Time]: clock, [TickMarkType.TimeWithSeconds]: clock })[kind](time),
    },
    localization: { timeFormatter: at({ day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" }) },
    handleScroll: { vertTouchDrag: false }, // a finger that goes up and down scrolls the page
  });
  const room = { whole: false };
  const digits = (tick.split(".")[1] ?? "").length;
  const grouped = new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const candles = chart.addSeries(CandlestickSeries, {
    upColor: colours.good,
    borderUpColor: colours.good,
    wickUpColor: colours.good,
    downColor: colours.panel, // hollow: told apart without colours too
    borderDownColor: colours.bad,
    wickDownColor: colours.bad,
    priceLineColor: colours.ink,
    priceFormat: { type: "custom", minMove: Number(tick), formatter: (price: number) => grouped.format(price) },
    autoscaleInfoProvider: (seen: () => { priceRange: { minValue: number; maxValue: number } | null } | null) => {
      const found = seen();
      if (found?.priceRange == null) return found;
      const [minValue, maxValue] = reachOf(found.priceRange.minValue, found.priceRange.maxValue, room.whole);
      return { ...found, priceRange: { minValue, maxValue } };
    },
  });
  candles.attachPrimitive({ updateAllViews: onDraw });
  return { chart, candles, lines: new Map(), marks: createSeriesMarkers(candles, []), colours, room };
}

/** The prices to make room for: the candles, and the lines near them, or the *whole* of the lines. */
export function reach(levels: readonly Level[], low: number, high: number, whole: boolean): [number, number] {
  const room = whole ? Number.POSITIVE_INFINITY : FAR * Math.max(high - low, high * 0.002);
  const near = levels.map((level) => Number(level.price)).filter((price) => price > low - room && price < high + room);
  return [Math.min(low, ...near), Math.max(high, ...near)];
}

/** Show the *whole* of the lines, or the candles in full and the lines near them. */
export function makeRoom({ candles, room }: ChartParts, whole: boolean): void {
  room.whole = whole;
  candles.priceScale().setAutoScale(true);
}

export function drawLevels({ candles, lines, colours }: ChartParts, levels: readonly Level[]): void {
  const wanted = new Set(levels.map((level) => level.id));
  for (const [id, line] of lines) {
    if (wanted.has(id)) continue;
    candles.removePriceLine(line);
    lines.delete(id);
  }
  for (const level of levels) {
    const look = {
      price: Number(level.price),
      color: colourOf(level.tone, colours),
      lineStyle: DASHES[level.tone],
      lineWidth: 1 as const,
      axisLabelVisible: true,
      axisLabelTextColor: colours.ground,
      title: level.onMove === undefined ? level.label : "", // its handle says it
    };
    const known = lines.get(level.id);
    if (known === undefined) lines.set(level.id, candles.createPriceLine(look));
    else known.applyOptions(look);
  }
  candles.priceScale().setAutoScale(true); // room is made for what came
}

export function drawMarks({ marks, colours }: ChartParts, fills: readonly { time: number; side: "buy" | "sell" }[]): void {
  const sorted = fills.toSorted((a, b) => a.time - b.time);
  marks.setMarkers(
    sorted.map(({ time, side }) => ({
      time: time as never,
      position: side === "buy" ? ("belowBar" as const) : ("aboveBar" as const),
      shape: side === "buy" ? ("arrowUp" as const) : ("arrowDown" as const),
      color: side === "buy" ? colours.good : colours.bad,
    })),
  );
}

/** Lines of indicators; what has a scale of its own goes below the candles. Gives back how to take them off. */
export function drawIndicators({ chart, colours }: ChartParts, closed: readonly Candle[], drawn: readonly Drawn[]): () => void {
  const inks = [colours.warn, colours.accent, colours.soft];
  const panes = new Map<string, number>();
  const series = drawn.map((one, place) => {
    const name = one.title.split(" ")[0] ?? one.title;
    if (one.apart && !panes.has(name)) panes.set(name, panes.size + 1);
    const line = chart.addSeries(
      LineSeries,
      { color: inks[place % inks.length] ?? colours.ink, lineWidth: 1, title: one.title, priceLineVisible: false, lastValueVisible: one.apart, crosshairMarkerVisible: false },
      one.apart ? (panes.get(name) ?? 1) : 0,
    );
    line.setData(closed.flatMap((candle, at) => (one.values[at] == null ? [] : [{ time: barOf(candle).time as never, value: one.values[at] }])));
    if (one.level !== null) line.createPriceLine({ price: one.level, color: colours.accent, lineStyle: LineStyle.Dashed, lineWidth: 1, axisLabelVisible: true });
    return line;
  });
  for (const pane of chart.panes().slice(1)) pane.setHeight(90);
  return () => {
    for (const line of series) {
      try {
        chart.removeSeries(line);
      } catch {
        // the whole chart went first
      }
    }
  };
}
