/** Which of many rules are shown: by state, by market, by words. */
import type { Rule } from "../api/calls";
import type { Part } from "../say/form/kinds";

export interface RuleFilter {
  state: string;
  market: string;
  words: string;
}

export const NO_FILTER: RuleFilter = { state: "", market: "", words: "" };

export function fits(rule: Rule, { state, market, words }: RuleFilter): boolean {
  const sought = words.trim().toLocaleLowerCase();
  return (
    (state === "" || rule.state === state) &&
    (market === "" || marketsIn(rule.spec).has(market)) &&
    (sought === "" || [rule.label, rule.says, rule.words].some((text) => text.toLocaleLowerCase().includes(sought)))
  );
}

export function marketsIn(spec: Rule["spec"]): Set<string> {
  const found = new Set<string>();
  const look = (part: Part) => {
    if (typeof part["market"] === "string") found.add(part["market"]);
    if (Array.isArray(part["conditions"])) (part["conditions"] as Part[]).forEach(look);
  };
  look(spec.condition as Part);
  look(spec.action as Part);
  return found;
}
