/** The price of each market now, as the feed has it, and the step it is written in. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { queries } from "../api/calls";

export function usePriceMap(): ReadonlyMap<string, string> {
  const { data } = useQuery(queries.prices);
  return useMemo(() => new Map((data?.prices ?? []).map((seen) => [seen.market, seen.price])), [data]);
}

/** The step in which each market's price is written. */
export function useTicks(): ReadonlyMap<string, string> {
  const { data } = useQuery(queries.markets);
  return useMemo(() => new Map((data?.markets ?? []).map((market) => [market.symbol, market.tick])), [data]);
}
