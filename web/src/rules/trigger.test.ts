import { expect, test } from "vitest";
import type { Rule } from "../api/calls";
import { byNearness, lines } from "./trigger";

function rule(number: number, condition: unknown, references: Record<string, string> = {}): Rule {
  return { number, references, spec: { condition } } as unknown as Rule;
}

function level(price: string) {
  return { type: "price_level", market: "SOL-PERP", operator: ">=", price };
}

const change = { type: "price_change", market: "SOL-PERP", threshold: "0.1", unit: "usd", reference: "current_price" };

test("a fall is measured down from the noted price, as the API says it", () => {
  expect(lines(rule(1, { ...change, direction: "down" }, { "SOL-PERP": "150.055" }))).toEqual([{ market: "SOL-PERP", price: "149.955", path: [] }]);
});

test("either direction has two lines", () => {
  const found = lines(rule(1, { ...change, direction: "either", threshold: "10", unit: "percent" }, { "SOL-PERP": "150" }));
  expect(found.map((line) => line.price)).toEqual(["135", "165"]);
});

test("a reference that moves, or is not known, has no line that could be wrong", () => {
  expect(lines(rule(1, { ...change, direction: "down", reference: "window" }, { "SOL-PERP": "150" }))).toEqual([]);
  expect(lines(rule(1, { ...change, direction: "down" }))).toEqual([]);
  expect(lines(rule(1, { type: "schedule", every_s: 60 }))).toEqual([]);
});

test("what is measured from the entry has its line where a position is held", () => {
  const stop = rule(1, { ...change, direction: "down", threshold: "10", unit: "percent", reference: "entry_price" });
  expect(lines(stop)).toEqual([]);
  expect(lines(stop, { "SOL-PERP": "148" }).map((line) => line.price)).toEqual(["133.2"]);
});

test("the nearest comes first, those without a line last", () => {
  const sorted = byNearness([rule(1, { type: "now" }), rule(2, level("200")), rule(3, level("151"))], new Map([["SOL-PERP", "150"]]));
  expect(sorted.map((one) => one.rule.number)).toEqual([3, 2, 1]);
});
