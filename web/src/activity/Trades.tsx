/** What actually traded, newest first; each fill leads back to the sentence that began it. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { memo, useMemo, useState } from "react";
import { useSearch } from "../address";
import { queries, type Rule } from "../api/calls";
import { exportAddress, pages, type Trade, type TradeFilter } from "../api/pages";
import { amount, moment, price, signedUsd, toneOf, usd } from "../ui/figures";
import { Select } from "../ui/fields";
import { Empty, Failure, ink, Panel, Waiting } from "../ui/parts";
import { useReach } from "../ui/reach";
import { Cell, Table } from "../ui/Rows";
import { useZone } from "../ui/zone";
import { Export } from "./Export";
import { Trace } from "./Trace";

const HEADS = ["Time", "Market", "Side", "Size", "Price", "Value", "Fee", "Realised", "From"];
const GRID = "grid-cols-[1fr_auto] lg:grid-cols-[8.5rem_7rem_4rem_repeat(5,minmax(5rem,1fr))_5rem] lg:[&>:nth-child(n+4)]:text-right";
const DAYS = { any: 0, day: 1, week: 7, month: 30 } as const;

export function Trades() {
  const { data: markets } = useQuery(queries.markets);
  const rules = useQuery(queries.rules("all"));
  const ruleAsked = useSearch().get("rule");
  const [market, setMarket] = useState("");
  const [rule, setRule] = useState(ruleAsked ?? "");
  const [period, setPeriod] = useState<{ name: keyof typeof DAYS; start: string }>({ name: "any", start: "" });
  const filter = useMemo<TradeFilter>(() => ({ ...(market === "" ? {} : { market }), ...(rule === "" ? {} : { rule_id: rule }), ...(period.start === "" ? {} : { start: period.start }) }), [market, rule, period]);
  const trades = useInfiniteQuery(pages.trades(filter));
  const { data, isPending, isError, error, refetch, hasNextPage, isFetching, fetchNextPage } = trades;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.rows) ?? [], [data]);
  const byId = useMemo(() => new Map((rules.data?.rules ?? []).map((one) => [one.id, one])), [rules.data]);
  const [traced, setTraced] = useState<Trade | null>(null);
  const pick = (name: keyof typeof DAYS) => setPeriod({ name, start: DAYS[name] === 0 ? "" : new Date(Date.now() - DAYS[name] * 86_400_000).toISOString() });
  return (
    <Panel title="Trades" aside={<Export addressOf={(format) => exportAddress(filter, format)} />}>
      <div className="grid grid-cols-3 gap-3 border-b border-line px-4 py-3 sm:flex">
        <Select label="Market" className="sm:w-40" value={market} onChange={(event) => setMarket(event.target.value)} options={[["", "All"], ...(markets?.markets ?? []).map((one) => [one.symbol, one.symbol] as const)]} />
        <Select label="Rule" className="sm:w-40" value={rule} onChange={(event) => setRule(event.target.value)} options={[["", "All"], ...(rules.data?.rules ?? []).map((one) => [one.id, one.label] as const)]} />
        <Select label="Since" className="sm:w-40" value={period.name} onChange={(event) => pick(event.target.value as keyof typeof DAYS)} options={[["any", "Always"], ["day", "24 hours ago"], ["week", "7 days ago"], ["month", "30 days ago"]]} />
      </div>
      {isPending && <Waiting what="trades" />}
      {isError && <Failure error={error} again={() => void refetch()} />}
      {data !== undefined && rows.length === 0 && <Empty title="Nothing traded here yet." />}
      {rows.length > 0 && (
        <Table
          label="Trades"
          heads={HEADS}
          grid={GRID}
          items={rows}
          keyOf={(trade) => trade.number}
          estimate={37}
          onEnd={hasNextPage && !isFetching ? () => void fetchNextPage() : undefined}
          render={(trade) => <Row trade={trade} rule={byId.get(trade.rule_id)} onTrace={setTraced} />}
        />
      )}
      {traced !== null && <Trace trade={traced} onClose={() => setTraced(null)} />}
    </Panel>
  );
}

const Row = memo(function Row({ trade, rule, onTrace }: { trade: Trade; rule: Rule | undefined; onTrace: (trade: Trade) => void }) {
  const zone = useZone();
  const reach = useReach();
  const made = trade.realised_pnl ?? null;
  const label = rule?.label ?? "rule";
  return (
    <>
      <Cell className="order-3 text-xs text-soft lg:order-none lg:text-sm">
        <time dateTime={trade.at}>{moment(trade.at, zone)}</time>
      </Cell>
      <Cell className="font-medium">
        {trade.market} <span className="font-normal text-soft lg:hidden">{trade.side === "buy" ? "bought" : "sold"} {amount(trade.base)}</span>
      </Cell>
      <Cell className={`hidden lg:block ${trade.side === "buy" ? "text-good" : "text-bad"}`}>{trade.side}</Cell>
      <Cell className="hidden lg:block">{amount(trade.base)}</Cell>
      <Cell className="text-right">{price(trade.price)}</Cell>
      <Cell className="hidden lg:block">{usd(trade.notional)}</Cell>
      <Cell className="hidden text-soft lg:block">{usd(trade.fee)}</Cell>
      <Cell className={`order-4 text-right lg:order-none ${made === null ? "text-soft" : ink(toneOf(made))}`}>
        {made === null ? <span className="hidden lg:inline">—</span> : signedUsd(made)}
        <span className="text-xs text-soft lg:hidden"> fee {usd(trade.fee)}</span>
      </Cell>
      <Cell className="order-5 lg:order-none">
        <button type="button" tabIndex={reach} data-thing="trace" onClick={() => onTrace(trade)} className="relative min-h-6 font-medium text-accent after:absolute after:-inset-x-4 after:-inset-y-2.5 underline-offset-4 hover:underline">
          {label}
          <span className="sr-only">: what led to this fill</span>
        </button>
      </Cell>
    </>
  );
});
