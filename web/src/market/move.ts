/** A trigger line dragged to another price, as the rule that says so; decides nothing: a new version is confirmed like any. */
import type { Schemas } from "../api/client";
import type { Condition } from "../rules/trigger";

export type Spec = Schemas["RuleSpec"];

/** Whether the part at *path* can be said as one fixed price without changing what else the rule means. */
export function movable(spec: Spec, path: readonly number[]): boolean {
  const part = partAt(spec.condition, path);
  switch (part?.type) {
    case "price_level":
    case "candle_close":
      return true;
    case "price_change":
      // A rule that repeats measures each time anew, and one that looks both ways has two lines: neither is one price.
      return part.direction !== "either" && part.reference !== "window" && (spec.repeat === undefined || spec.repeat.times === 1);
    default:
      return false;
  }
}

/** The rule with the line of the part at *path* at *price*. What was measured from a moving price becomes a fixed one. */
export function moved(spec: Spec, path: readonly number[], price: string): Spec {
  return { ...spec, condition: replaced(spec.condition, path, price) };
}

function partAt(condition: Condition, path: readonly number[]): Condition | undefined {
  const [place, ...rest] = path;
  if (place === undefined) return condition;
  if (condition.type !== "all" && condition.type !== "any") return undefined;
  const part = condition.conditions[place];
  return part === undefined ? undefined : partAt(part, rest);
}

function replaced(condition: Condition, path: readonly number[], price: string): Condition {
  const [place, ...rest] = path;
  if (place !== undefined && (condition.type === "all" || condition.type === "any")) {
    return { ...condition, conditions: condition.conditions.map((part, at) => (at === place ? replaced(part, rest, price) : part)) };
  }
  switch (condition.type) {
    case "price_level":
    case "candle_close":
      return { ...condition, price };
    case "price_change":
      return { type: "price_level", market: condition.market, operator: condition.direction === "up" ? ">=" : "<=", price, for_s: null };
    default:
      return condition;
  }
}

/** *price* on the market's grid, written without a float's tail. */
export function onTick(price: number, tick: string): string {
  const digits = (tick.split(".")[1] ?? "").length;
  const size = Number(tick);
  return (Math.round(price / size) * size).toFixed(digits).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}
