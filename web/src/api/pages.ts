/** Long lists, newest first, page by page: read on demand, and freshened at the front when something happened. */
import { type InfiniteData, infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { ask, type Schemas } from "./client";

export type Trade = Schemas["TradeOut"];
export type Order = Schemas["OrderOut"];

/** One page, in whatever the API calls its rows. */
export interface Leaf<Row> {
  rows: Row[];
  next: string | null;
}

export interface TradeFilter {
  market?: string;
  rule_id?: string;
  start?: string;
  end?: string;
}

const LENGTH = 500;
const FRONT = 50;

function queryOf(parts: Readonly<Record<string, string | undefined>>): string {
  return new URLSearchParams(Object.entries(parts).filter((part): part is [string, string] => part[1] !== undefined && part[1] !== "")).toString();
}

async function tradePage(filter: TradeFilter, before: string, limit: number): Promise<Leaf<Trade>> {
  const page = await ask<Schemas["TradesOut"]>("GET", `/api/trades?${queryOf({ ...filter, before, limit: String(limit) })}`);
  return { rows: page.trades, next: page.next === undefined || page.next === null ? null : String(page.next) };
}

async function orderPage(state: "open" | "all", before: string, limit: number): Promise<Leaf<Order>> {
  const page = await ask<Schemas["OrdersOut"]>("GET", `/api/orders?${queryOf({ state, before, limit: String(limit) })}`);
  return { rows: page.orders, next: page.next ?? null };
}

export function exportAddress(filter: TradeFilter, format: "csv" | "json"): string {
  return `/api/trades/export?${queryOf({ ...filter, format })}`;
}

export const pages = {
  trades: (filter: TradeFilter) =>
    infiniteQueryOptions({
      queryKey: ["trades", filter],
      queryFn: ({ pageParam }) => tradePage(filter, pageParam, LENGTH),
      initialPageParam: "",
      structuralSharing: false,
      getNextPageParam: (leaf) => leaf.next,
      staleTime: Infinity,
    }),
  orders: (state: "open" | "all") =>
    infiniteQueryOptions({
      queryKey: ["orders", state],
      queryFn: ({ pageParam }) => orderPage(state, pageParam, LENGTH),
      initialPageParam: "",
      structuralSharing: false,
      getNextPageParam: (leaf) => leaf.next,
      staleTime: state === "open" ? 0 : Infinity,
    }),
};

/** Bring the front of every list that is kept up to date. Ten thousand rows are not read again for one that is new. */
export async function freshen(client: QueryClient): Promise<void> {
  void client.invalidateQueries({ queryKey: ["orders", "open"] });
  const cache = client.getQueryCache();
  for (const query of cache.findAll({ queryKey: ["trades"] })) {
    const filter = query.queryKey[1] as TradeFilter;
    void front(client, query.queryKey, () => tradePage(filter, "", FRONT), (trade) => trade.number);
  }
  void front(client, ["orders", "all"], () => orderPage("all", "", FRONT), (order) => order.id);
}

async function front<Row>(client: QueryClient, key: readonly unknown[], read: () => Promise<Leaf<Row>>, idOf: (row: Row) => unknown): Promise<void> {
  if (client.getQueryData(key) === undefined) return;
  const fresh = await read().catch(() => null); // the next event asks again
  if (fresh === null) return;
  let joined = true;
  client.setQueryData<InfiniteData<Leaf<Row>>>(key, (kept) => {
    if (kept === undefined) return kept;
    const merged = spliced(kept.pages, fresh, idOf);
    joined = merged !== null;
    return merged === null ? kept : { ...kept, pages: merged };
  });
  if (!joined) await client.invalidateQueries({ queryKey: key });
}

/** The pages with *fresh* at their front; null where rows lie between that nobody has read. */
export function spliced<Row>(kept: Leaf<Row>[], fresh: Leaf<Row>, idOf: (row: Row) => unknown): Leaf<Row>[] | null {
  const byId = new Map(fresh.rows.map((row) => [idOf(row), row]));
  let met = fresh.next === null || kept.every((leaf) => leaf.rows.length === 0);
  const updated = kept.map((leaf) => ({
    ...leaf,
    rows: leaf.rows.map((row) => {
      const newer = byId.get(idOf(row));
      if (newer === undefined) return row;
      met = true;
      byId.delete(idOf(row));
      return newer;
    }),
  }));
  if (!met) return null;
  const [first, ...rest] = updated;
  return first === undefined ? [fresh] : [{ ...first, rows: [...byId.values(), ...first.rows] }, ...rest];
}
