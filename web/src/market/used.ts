/** Which indicators the rules of a market use, and how those of one timeframe are drawn. */
import type { Rule } from "../api/calls";
import type { Schemas } from "../api/client";
import type { Condition } from "../rules/trigger";
import type { Timeframe } from "./candles";
import { type Candle, indicator, likePrices, titleOf } from "./indicators";
import type { Drawn } from "./levels";

export interface Used {
  rule: Rule;
  part: Schemas["Indicator"];
}

export function indicatorsOf(rules: readonly Rule[], market: string): Used[] {
  return rules.flatMap((rule) => partsOf(rule.spec.condition).filter((part) => part.market === market).map((part) => ({ rule, part })));
}

export function partsOf(condition: Condition): Schemas["Indicator"][] {
  if (condition.type === "all" || condition.type === "any") return condition.conditions.flatMap(partsOf);
  return condition.type === "indicator" ? [condition] : [];
}

/** Each line once, however many rules use it. */
export function drawnOf(parts: readonly Schemas["Indicator"][], timeframe: Timeframe, candles: readonly Candle[]): Drawn[] {
  const found = new Map<string, Drawn>();
  const add = (name: Schemas["Indicator"]["name"], period: number | null | undefined, level: number | null) => {
    const title = titleOf(name, period);
    const known = found.get(title);
    if (known === undefined) found.set(title, { id: title, title, values: indicator(name, period, candles), apart: !likePrices(name), level });
    else if (known.level === null && level !== null) found.set(title, { ...known, level });
  };
  for (const part of parts) {
    if (part.timeframe !== timeframe) continue;
    const value = part.value == null ? null : Number(part.value);
    add(part.name, part.period, likePrices(part.name) ? null : value);
    if (part.other != null) add(part.other.name, part.other.period, null);
  }
  return [...found.values()];
}
