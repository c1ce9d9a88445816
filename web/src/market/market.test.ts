import { expect, test } from "vitest";
import { grown } from "./candles";
import { type Candle, indicator } from "./indicators";
import { movable, moved, onTick, type Spec } from "./move";

const change = { type: "price_change", market: "SOL-PERP", direction: "down", threshold: "5", unit: "usd", reference: "current_price", window_s: null };
const level = { type: "price_level", market: "SOL-PERP", operator: ">=", price: "170", for_s: null };

function rule(condition: unknown, times: number | null = 1): Spec {
  return { id: "r1", condition, action: { type: "alert", message: null }, repeat: { times, cooldown_s: 0 } } as unknown as Spec;
}

function closes(values: number[]): Candle[] {
  return values.map((close, place) => ({ start: new Date(place * 60_000).toISOString(), open: "0", high: String(close + 1), low: String(close - 1), close: String(close) }) as unknown as Candle);
}

test("a dragged line says its new price, whatever it was measured from, and the rest of the rule stays", () => {
  const both = rule({ type: "all", conditions: [level, change] });
  const there = moved(both, [1], "142.5");
  expect(there.condition).toEqual({ type: "all", conditions: [level, { type: "price_level", market: "SOL-PERP", operator: "<=", price: "142.5", for_s: null }] });
  expect(there.action).toBe(both.action);
});

test("what is not one fixed price cannot be dragged", () => {
  expect(movable(rule(level), [])).toBe(true);
  expect(movable(rule(change), [])).toBe(true);
  expect(movable(rule(change, null), [])).toBe(false);
  expect(movable(rule({ ...change, direction: "either" }), [])).toBe(false);
  expect(movable(rule({ type: "trailing", market: "SOL-PERP", distance: "1", unit: "usd", direction: "down" }), [])).toBe(false);
});

test("a price lands on the market's grid without a float's tail", () => {
  expect(onTick(142.300_000_01, "0.01")).toBe("142.3");
  expect(onTick(0.1 + 0.2, "0.0001")).toBe("0.3");
  expect(onTick(64_123.7, "1")).toBe("64124");
});

test("a bar grows with its prices, and the next begins where its time is over", () => {
  const first = grown(null, 150, 60, "1m");
  expect(first).toEqual({ time: 60, open: 150, high: 150, low: 150, close: 150 });
  const higher = grown(first, 151, 90, "1m");
  expect(higher).toMatchObject({ time: 60, open: 150, high: 151, close: 151 });
  expect(grown(higher, 149, 120, "1m")).toMatchObject({ time: 120, open: 149 });
  expect(grown(higher, 149, 59, "1m")).toBeNull();
});

test("indicators are those of the engine", () => {
  expect(indicator("sma", 3, closes([1, 2, 3, 4]))).toEqual([null, null, 2, 3]);
  expect(indicator("ema", 3, closes([1, 2, 3, 5]))).toEqual([null, null, 2, 3.5]);
  expect(indicator("rsi", 2, closes([1, 2, 3, 2]))).toEqual([null, null, 100, 50]);
  expect(indicator("atr", 2, closes([1, 2, 3]))).toEqual([null, 2, 2]);
  expect(indicator("bollinger_upper", 2, closes([1, 3]))).toEqual([null, 4]);
});
