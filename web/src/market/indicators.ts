/** Indicators as the engine computes them on closed candles, to be drawn; what fires is decided by the engine alone. */
import type { Schemas } from "../api/client";

export type Candle = Schemas["CandleOut"];
export type IndicatorName = Schemas["Indicator"]["name"];
type Step = (value: number) => number | null;

const PERIODS: Partial<Record<IndicatorName, number>> = { rsi: 14, atr: 14, bollinger_upper: 20, bollinger_lower: 20, sma: 20, ema: 20 };
const BAND_WIDTH = 2;
/** These have the scale of prices and belong among the candles; the rest have a pane of their own. */
const LIKE_PRICES = new Set<IndicatorName>(["price", "sma", "ema", "bollinger_upper", "bollinger_lower"]);

export function likePrices(name: IndicatorName): boolean {
  return LIKE_PRICES.has(name);
}

export function titleOf(name: IndicatorName, period: number | null | undefined): string {
  const said = { price: "Close", rsi: "RSI", sma: "SMA", ema: "EMA", macd: "MACD", macd_signal: "MACD signal", bollinger_upper: "Bollinger upper", bollinger_lower: "Bollinger lower", atr: "ATR", volume: "Volume" }[name];
  const length = period ?? PERIODS[name];
  return length === undefined ? said : `${said} ${length}`;
}

/** The value at each candle, null while too little lies before it. */
export function indicator(name: IndicatorName, period: number | null | undefined, candles: readonly Candle[]): (number | null)[] {
  const length = period ?? PERIODS[name] ?? 1;
  if (name === "atr") return trueRanges(candles).map(wilder(length));
  if (name === "volume") return candles.map((candle) => Number(candle.volume ?? 0)).map(mean(length));
  return candles.map((candle) => Number(candle.close)).map(stepOf(name, length));
}

function stepOf(name: Exclude<IndicatorName, "atr" | "volume">, length: number): Step {
  switch (name) {
    case "price":
      return (close) => close;
    case "sma":
      return mean(length);
    case "ema":
      return ema(length);
    case "rsi":
      return rsi(length);
    case "macd":
      return macd();
    case "macd_signal": {
      const [line, signal] = [macd(), ema(9)];
      return (close) => {
        const value = line(close);
        return value === null ? null : signal(value);
      };
    }
    case "bollinger_upper":
      return bollinger(length, BAND_WIDTH);
    case "bollinger_lower":
      return bollinger(length, -BAND_WIDTH);
  }
}

function recent(length: number): (value: number) => number[] | null {
  const seen: number[] = [];
  return (value) => {
    seen.push(value);
    if (seen.length > length) seen.shift();
    return seen.length === length ? seen : null;
  };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function mean(length: number): Step {
  const window = recent(length);
  return (value) => {
    const seen = window(value);
    return seen === null ? null : average(seen);
  };
}

/** Moves by *weight* of its distance to each value; seeded with a plain mean. */
function smoothed(length: number, weight: number): Step {
  const seed = mean(length);
  let present: number | null = null;
  return (value) => {
    present = present === null ? seed(value) : present + (value - present) * weight;
    return present;
  };
}

const ema = (length: number) => smoothed(length, 2 / (length + 1));
const wilder = (length: number) => smoothed(length, 1 / length);

function rsi(length: number): Step {
  const [gains, losses] = [wilder(length), wilder(length)];
  let before: number | null = null;
  return (close) => {
    const change = before === null ? null : close - before;
    before = close;
    if (change === null) return null;
    const [gain, loss] = [gains(Math.max(change, 0)), losses(Math.max(-change, 0))];
    if (gain === null || loss === null) return null;
    if (loss === 0) return gain > 0 ? 100 : 50;
    return 100 - 100 / (1 + gain / loss);
  };
}

function macd(): Step {
  const [fast, slow] = [ema(12), ema(26)];
  return (close) => {
    const [quick, calm] = [fast(close), slow(close)];
    return quick === null || calm === null ? null : quick - calm;
  };
}

function bollinger(length: number, width: number): Step {
  const window = recent(length);
  return (close) => {
    const seen = window(close);
    if (seen === null) return null;
    const middle = average(seen);
    return middle + width * Math.sqrt(average(seen.map((value) => (value - middle) ** 2)));
  };
}

function trueRanges(candles: readonly Candle[]): number[] {
  return candles.map((candle, place) => {
    const [high, low] = [Number(candle.high), Number(candle.low)];
    const before = candles[place - 1];
    if (before === undefined) return high - low;
    return Math.max(high - low, Math.abs(high - Number(before.close)), Math.abs(low - Number(before.close)));
  });
}
