/** Where a rule fires, as far as a price says it; decides only what is shown, never what fires. */
import type { Rule } from "../api/calls";
import type { Schemas } from "../api/client";
import { add, distancePercent, negative, percentOf } from "../ui/figures";

export type Condition = Schemas["RuleSpec"]["condition"];

export interface Line {
  market: string;
  price: string;
  /** Which part of the condition says it: places in `all` and `any`, from outside in. */
  path: readonly number[];
}

/** What prices are measured from: the current price as it was noted, and the entries of open positions, by market. */
export interface Ground {
  references: Readonly<Record<string, string>>;
  entries: Readonly<Record<string, string>>;
}

export interface Nearness {
  line: Line;
  /** The market's price now, if there is a fresh one. */
  now: string | null;
  distance: number | null;
}

const NO_ENTRIES = {};
const NOWHERE: readonly number[] = [];

/** The prices at which the rule would fire by themselves; none where time, an indicator or the account decides. */
export function lines(rule: Rule, entries: Readonly<Record<string, string>> = NO_ENTRIES): Line[] {
  const own = linesOf(rule.spec.condition, { references: rule.references, entries });
  // Where a trailing line stands only the API knows, for it remembers the peak.
  return own.length > 0 ? own : (rule.triggers ?? []).map(({ market, price }) => ({ market, price, path: NOWHERE }));
}

export function linesOf(condition: Condition, ground: Ground, path: readonly number[] = []): Line[] {
  switch (condition.type) {
    case "price_level":
    case "candle_close":
      return [{ market: condition.market, price: String(condition.price), path }];
    case "price_change":
      return changeLines(condition, ground, path);
    case "all":
    case "any":
      return condition.conditions.flatMap((part, place) => linesOf(part, ground, [...path, place]));
    default:
      return [];
  }
}

function changeLines(condition: Schemas["PriceChange"], ground: Ground, path: readonly number[]): Line[] {
  // A window's high moves: only a price that was noted, or a position's entry, can be measured from.
  const noted = { current_price: ground.references, entry_price: ground.entries, window: NO_ENTRIES }[condition.reference];
  const reference = (noted as Record<string, string | undefined>)[condition.market];
  if (reference === undefined) return [];
  const threshold = String(condition.threshold);
  const step = condition.unit === "usd" ? threshold : percentOf(reference, threshold);
  if (step === null) return [];
  const steps = { up: [step], down: [negative(step)], either: [negative(step), step] }[condition.direction];
  return steps.flatMap((by) => {
    const price = add(reference, by);
    return price === null ? [] : [{ market: condition.market, price, path }];
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
