/** Where a rule fires, as far as a price says it; decides only what is shown, never what fires. */
import type { Rule } from "../api/calls";
import type { Schemas } from "../api/client";
import { add, distancePercent, negative, percentOf } from "../ui/figures";

type Condition = Schemas["RuleSpec"]["condition"];

export interface Line {
  market: string;
  price: string;
}

export interface Nearness {
  line: Line;
  /** The market's price now, if there is a fresh one. */
  now: string | null;
  distance: number | null;
}

/** The prices at which the rule would fire by themselves; none where time, an indicator or the account decides. */
export function lines(rule: Rule): Line[] {
  return linesOf((rule.spec as Schemas["RuleSpec"]).condition, rule.references);
}

function linesOf(condition: Condition, references: Record<string, string>): Line[] {
  switch (condition.type) {
    case "price_level":
    case "candle_close":
      return [{ market: condition.market, price: String(condition.price) }];
    case "price_change":
      return changeLines(condition, references[condition.market]);
    case "all":
    case "any":
      return condition.conditions.flatMap((part) => linesOf(part, references));
    default:
      return [];
  }
}

function changeLines(condition: Schemas["PriceChange"], reference: string | undefined): Line[] {
  // A window's high moves, and an entry is the position's: only a price that was noted can be measured from.
  if (reference === undefined || condition.reference !== "current_price") return [];
  const threshold = String(condition.threshold);
  const step = condition.unit === "usd" ? threshold : percentOf(reference, threshold);
  if (step === null) return [];
  const steps = { up: [step], down: [negative(step)], either: [negative(step), step] }[condition.direction];
  return steps.flatMap((by) => {
    const price = add(reference, by);
    return price === null ? [] : [{ market: condition.market, price }];
  });
}

/** The line that is nearest to the price now; null where there is no line. */
export function nearest(rule: Rule, prices: ReadonlyMap<string, string>): Nearness | null {
  const found = lines(rule).map((line) => {
    const now = prices.get(line.market) ?? null;
    return { line, now, distance: now === null ? null : distancePercent(now, line.price) };
  });
  return found.toSorted((a, b) => (a.distance ?? Infinity) - (b.distance ?? Infinity))[0] ?? null;
}

/** Nearest to firing first, those without a price line after them, by number. */
export function byNearness(rules: Rule[], prices: ReadonlyMap<string, string>): { rule: Rule; near: Nearness | null }[] {
  return rules
    .map((rule) => ({ rule, near: nearest(rule, prices) }))
    .toSorted((a, b) => (a.near?.distance ?? Infinity) - (b.near?.distance ?? Infinity) || a.rule.number - b.rule.number || 0);
}
