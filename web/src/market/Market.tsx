/** One market: its candles with the live price, and everything of the owner's that hangs on a price. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { become, useSearch } from "../address";
import { deeds, queries } from "../api/calls";
import { useSocketState } from "../api/live";
import { pages } from "../api/pages";
import { useDraftSheet } from "../rules/DraftSheet";
import { clock, percent, price } from "../ui/figures";
import { Segments, Select } from "../ui/fields";
import { Button, Chip, Failure, Go, Panel, Waiting } from "../ui/parts";
import { useZone } from "../ui/zone";
import { Chart } from "./late";
import { candlesOf, type Timeframe, TIMEFRAMES } from "./candles";
import { titleOf } from "./indicators";
import { type Held, MOST, useHeldLevels } from "./held";
import { Lines } from "./Lines";
import { moved } from "./move";
import { drawnOf, indicatorsOf } from "./used";

const FRAMES = Object.keys(TIMEFRAMES).map((name) => [name as Timeframe, name] as const);

export function Market() {
  const markets = useQuery(queries.markets);
  const rules = useQuery(queries.rules("live"));
  const account = useQuery(queries.account);
  const asked = useSearch().get("market");
  if (markets.isError) return <Failure error={markets.error} again={() => void markets.refetch()} />;
  if (markets.data === undefined || account.isPending || rules.isPending) return <Waiting what="the market" />;
  const names = markets.data.markets.map((market) => market.symbol);
  const first = account.data?.positions[0]?.market ?? rules.data?.rules.flatMap((rule) => ("market" in rule.spec.condition ? [rule.spec.condition.market] : []))[0] ?? "SOL-PERP";
  const name = asked !== null && names.includes(asked) ? asked : names.includes(first) ? first : (names[0] ?? first);
  return <One key={name} name={name} names={names} />;
}

function One({ name, names }: { name: string; names: string[] }) {
  const zone = useZone();
  const live = useSocketState() === "live";
  const [timeframe, setTimeframe] = useState<Timeframe>("1m");
  const [whole, setWhole] = useState(false);
  const candles = useQuery(candlesOf(name, timeframe));
  const { data: markets } = useQuery(queries.markets);
  const { data: prices } = useQuery(queries.prices);
  const { data: rules } = useQuery(queries.rules("live"));
  const trades = useInfiniteQuery(pages.trades({ market: name }));
  const listed = markets?.markets.find((one) => one.symbol === name);
  const seen = prices?.prices.find((one) => one.market === name);
  const { ask, busy, error, sheet } = useDraftSheet();
  const move = (held: Held, to: string) => {
    const { rule, path } = held;
    if (rule !== undefined && path !== undefined) ask(`${rule.label} at ${price(to)} from now on?`, () => deeds.revise(rule.id, { rule: moved(rule.spec, path, to) }));
  };
  // Which lines are nearest is settled when the page opens: else a list would change under the hand at every tick.
  const [from, setFrom] = useState(seen?.price ?? null);
  if (from === null && seen !== undefined) setFrom(seen.price);
  const held = useHeldLevels(name, from);
  const further = held.filter((one) => one.rule !== undefined).length >= MOST;
  const levels = held.map((one) => ({ ...one.level, onMove: one.movable && !busy ? (to: string) => move(one, to) : undefined }));
  const fills = useMemo(() => trades.data?.pages.flatMap((page) => page.rows) ?? [], [trades.data]);
  const used = useMemo(() => indicatorsOf(rules?.rules ?? [], name), [rules, name]);
  const closed = useMemo(() => candles.data?.closed ?? [], [candles.data]);
  const drawn = useMemo(() => drawnOf(used.map(({ part }) => part), timeframe, closed), [used, timeframe, closed]);
  const elsewhere = [...new Map(used.filter(({ part }) => part.timeframe !== timeframe).map((one) => [`${one.rule.id} ${one.part.name} ${one.part.timeframe}`, one])).values()];
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="sr-only">Market</h1>
        <Select quiet label="Market" className="w-36" value={name} options={names.map((one) => [one, one])} onChange={(event) => become(`/market?market=${event.target.value}`)} />
        <p className={`min-w-28 text-xl font-semibold ${live ? "" : "text-soft"}`}>{seen === undefined ? "no fresh price" : price(seen.price, listed?.tick)}</p>
        {!live && seen !== undefined && <Chip tone="bad">as of {clock(seen.at, zone)}</Chip>}
        {seen?.simulated === true && <Chip tone="warn">SIMULATED</Chip>}
        {seen?.funding_rate != null && <span className="text-soft">funding {percent(Number(seen.funding_rate), 4)} an hour</span>}
        <div className="ml-auto flex flex-wrap items-center justify-end gap-2">
          {levels.length > 0 && (
            <Button aria-pressed={whole} className={whole ? "!border-accent" : ""} onClick={() => setWhole(!whole)}>
              All lines
            </Button>
          )}
          <Segments label="Candles of" options={FRAMES} value={timeframe} onPick={setTimeframe} />
        </div>
      </div>
      {error !== null && <Failure error={error} />}
      <div className="grid gap-4 lg:grid-cols-[1fr_22rem]">
        <section aria-label={`Chart of ${name}`} className="min-w-0 rounded-lg border border-line bg-panel">
          <div className="h-[22rem] sm:h-[max(26rem,calc(100dvh-14rem))]">
            {candles.isError && <Failure error={candles.error} again={() => void candles.refetch()} />}
            {listed !== undefined && !candles.isError && (
                <Chart key={timeframe} says={chartSays(name, timeframe, seen?.price, levels.length)} timeframe={timeframe} zone={zone} tick={listed.tick} read={candles.data} now={seen} levels={levels} fills={fills} drawn={drawn} whole={whole} />
            )}
          </div>
          <footer className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t border-line px-3 py-2 text-xs text-soft">
            <span>▲ bought · ▼ sold</span>
            {drawn.length > 0 && <span>{drawn.map((one) => one.title).join(" · ")}</span>}
            {elsewhere.map(({ rule, part }) => (
              <Button key={`${rule.id} ${part.name} ${part.timeframe}`} className="!min-h-7 !py-0.5" onClick={() => setTimeframe(part.timeframe)}>
                {rule.label} uses {titleOf(part.name, part.period)} on {part.timeframe}
              </Button>
            ))}
            <a className="ml-auto underline-offset-4 hover:underline" href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
              Charts by TradingView
            </a>
          </footer>
        </section>
        <Panel title="On this chart">
          <Lines held={held} now={seen?.price ?? null} tick={listed?.tick ?? "0.01"} onMove={busy ? undefined : move} />
          {further && (
            <p className="border-t border-line px-4 py-2.5 text-xs text-soft">
              The nearest are shown. <Go to="/rules">All rules</Go>
            </p>
          )}
        </Panel>
      </div>
      {sheet}
    </div>
  );
}

function chartSays(name: string, timeframe: string, now: string | undefined, lines: number): string {
  return `${timeframe} candles of ${name}${now === undefined ? "" : `, now ${price(now)}`}, with ${lines} lines, which stand in the list beside it`;
}
