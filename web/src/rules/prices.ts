/** The price of each market now, as the feed has it. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { queries } from "../api/calls";

export function usePriceMap(): ReadonlyMap<string, string> {
  const { data } = useQuery(queries.prices);
  return useMemo(() => new Map((data?.prices ?? []).map((seen) => [seen.market, seen.price])), [data]);
}
