/** The owner's prices on one market: where rules fire, and where positions were entered and would be liquidated. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { queries, type Rule } from "../api/calls";
import { lines } from "../rules/trigger";
import type { Level } from "./levels";
import { movable } from "./move";
import { sized } from "../ui/figures";

export interface Held {
  level: Level;
  rule?: Rule;
  path?: readonly number[];
  movable: boolean;
}

const CHANGEABLE = new Set<Rule["state"]>(["armed", "paused", "waiting"]);

/** As many lines as a chart can carry and a person can tell apart: the nearest to the price. */
export const MOST = 40;

/** *near* is the price that nearness is measured from; with few lines it decides nothing. */
export function useHeldLevels(market: string, near: string | null = null): Held[] {
  const { data: rules } = useQuery(queries.rules("live"));
  const { data: account } = useQuery(queries.account);
  return useMemo(() => {
    const positions = account?.positions ?? [];
    const entries = Object.fromEntries(positions.map((one) => [one.market, one.entry_price]));
    const ofRules = (rules?.rules ?? []).flatMap((rule): Held[] =>
      lines(rule, entries)
        .filter((line) => line.market === market)
        .map((line, place) => ({
          level: { id: `${rule.id}.${place}`, price: line.price, label: rule.label, says: rule.says, tone: "trigger" },
          rule,
          path: line.path,
          movable: CHANGEABLE.has(rule.state) && movable(rule.spec, line.path),
        })),
    );
    const ofPosition = positions
      .filter((one) => one.market === market)
      .flatMap((one): Held[] => [
        { level: { id: "entry", price: one.entry_price, label: `${one.side} entry`, says: `You are ${one.side} ${sized(one.base, one.market)} from here`, tone: "entry" }, movable: false },
        ...(one.liquidation_price == null ? [] : [{ level: { id: "liquidation", price: one.liquidation_price, label: "liquidation", says: "Here the position would be liquidated", tone: "liquidation" as const }, movable: false }]),
      ]);
    return [...nearest(ofRules, near), ...ofPosition];
  }, [rules, account, market, near]);
}

function nearest(held: Held[], near: string | null): Held[] {
  if (held.length <= MOST) return held;
  const away = (one: Held) => Math.abs(Number(one.level.price) - Number(near ?? held[0]?.level.price));
  return held.toSorted((a, b) => away(a) - away(b)).slice(0, MOST);
}
