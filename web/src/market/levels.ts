/** What a chart is asked to show beside its candles. */
import type { Tone } from "./palette";

/** A price with a name: where a rule fires, where a position was entered or would be liquidated. */
export interface Level {
  id: string;
  price: string;
  label: string;
  says: string;
  tone: Tone;
  /** Where it may be dragged: what to do with the price it was let go at. */
  onMove?: ((price: string) => void) | undefined;
}

export interface FillMark {
  at: string;
  side: "buy" | "sell";
}

/** An indicator that a rule uses, at each closed candle. */
export interface Drawn {
  id: string;
  title: string;
  values: readonly (number | null)[];
  /** Its scale is not that of prices. */
  apart: boolean;
  /** The value the rule compares it with. */
  level: number | null;
}
