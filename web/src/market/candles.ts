/** Closed candles as the API keeps them, and how the one that is growing comes out of finer candles and live prices. */
import { queryOptions } from "@tanstack/react-query";
import { ask, type Schemas } from "../api/client";
import type { Candle } from "./indicators";

export type Timeframe = Candle["timeframe"] & ("1m" | "5m" | "15m" | "1h" | "4h" | "1d");
export const TIMEFRAMES = { "1m": 60, "5m": 300, "15m": 900, "1h": 3_600, "4h": 14_400, "1d": 86_400 } as const;
const FINER = { "1m": null, "5m": "1m", "15m": "1m", "1h": "1m", "4h": "5m", "1d": "15m" } as const;
const SHOWN = 500;

/** In seconds since 1970, the floats that charts count in. */
export interface Bar {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
}

export interface Read {
  closed: Candle[];
  /** The finer candles since the last one closed. */
  begun: Candle[];
}

export function startOf(seconds: number, timeframe: Timeframe): number {
  const length = TIMEFRAMES[timeframe];
  return Math.floor(seconds / length) * length;
}

export function candlesOf(market: string, timeframe: Timeframe) {
  return queryOptions({
    queryKey: ["candles", market, timeframe],
    queryFn: async (): Promise<Read> => {
      const finer = FINER[timeframe];
      const since = new Date(startOf(Date.now() / 1_000, timeframe) * 1_000).toISOString();
      const [closed, begun] = await Promise.all([
        ask<Schemas["CandlesOut"]>("GET", `/api/candles?${new URLSearchParams({ market, timeframe, limit: String(SHOWN) })}`),
        finer === null ? { candles: [] } : ask<Schemas["CandlesOut"]>("GET", `/api/candles?${new URLSearchParams({ market, timeframe: finer, start: since, limit: "300" })}`),
      ]);
      return { closed: closed.candles, begun: begun.candles };
    },
    staleTime: 30_000,
    // When the next one has closed, and a little later, for it is still on its way then.
    refetchInterval: () => (TIMEFRAMES[timeframe] - ((Date.now() / 1_000) % TIMEFRAMES[timeframe]) + 4) * 1_000,
  });
}

export function barOf(candle: Candle): Bar {
  return { time: Date.parse(candle.start) / 1_000, open: Number(candle.open), high: Number(candle.high), low: Number(candle.low), close: Number(candle.close) };
}

/** *bar* with another price in it; a new bar where its time is over. Null where the price is older than the bar. */
export function grown(bar: Bar | null, price: number, seconds: number, timeframe: Timeframe): Bar | null {
  const time = startOf(seconds, timeframe);
  if (bar === null || time > bar.time) return { time, open: price, high: price, low: price, close: price };
  if (time < bar.time) return null;
  return { ...bar, high: Math.max(bar.high, price), low: Math.min(bar.low, price), close: price };
}

/** The bar that has begun, as far as finer candles tell it; null where none closed in it yet. */
export function begunBar({ begun }: Read, timeframe: Timeframe): Bar | null {
  const bars = begun.map(barOf);
  const [first, last] = [bars[0], bars.at(-1)];
  if (first === undefined || last === undefined) return null;
  return {
    time: startOf(first.time, timeframe),
    open: first.open,
    high: Math.max(...bars.map((bar) => bar.high)),
    low: Math.min(...bars.map((bar) => bar.low)),
    close: last.close,
  };
}
