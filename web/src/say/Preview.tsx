/** Where what is being said would fire, drawn on the market's candles while it is typed. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { queries } from "../api/calls";
import { Chart } from "../market/late";
import { candlesOf, type Timeframe } from "../market/candles";
import { useHeldLevels } from "../market/held";
import type { Level } from "../market/levels";
import { movable, moved } from "../market/move";
import { drawnOf, partsOf } from "../market/used";
import { usePriceMap } from "../rules/prices";
import { linesOf } from "../rules/trigger";
import { level as said, price } from "../ui/figures";
import { Segments } from "../ui/fields";
import { Failure } from "../ui/parts";
import { useZone } from "../ui/zone";
import type { Part } from "./form/kinds";
import type { Spec } from "./wording";

const FRAMES = [
  ["1m", "1m"],
  ["15m", "15m"],
  ["4h", "4h"],
] as const;
const NO_FILLS: never[] = [];

export function marketOf(rules: readonly Spec[]): string | null {
  const named = rules.flatMap((rule) => [...marketsIn(rule.condition as Part), ...marketsIn(rule.action as Part)]);
  return named.find((name) => name !== "*") ?? null;
}

function marketsIn(part: Part): string[] {
  const own = typeof part["market"] === "string" ? [part["market"]] : [];
  return [...own, ...(Array.isArray(part["conditions"]) ? (part["conditions"] as Part[]).flatMap(marketsIn) : [])];
}

export function Preview({ rules, onChange }: { rules: readonly Spec[]; onChange?: ((rules: Spec[]) => void) | undefined }) {
  const zone = useZone();
  const prices = usePriceMap();
  const { data: seen } = useQuery(queries.prices);
  const { data: account } = useQuery(queries.account);
  const { data: markets } = useQuery(queries.markets);
  const [timeframe, setTimeframe] = useState<Timeframe>("1m");
  const name = marketOf(rules) ?? account?.positions[0]?.market ?? "SOL-PERP";
  const listed = markets?.markets.find((one) => one.symbol === name);
  const candles = useQuery({ ...candlesOf(name, timeframe), enabled: listed !== undefined });
  const held = useHeldLevels(name);
  const closed = useMemo(() => candles.data?.closed ?? [], [candles.data]);
  const drawn = useMemo(() => drawnOf(rules.flatMap((rule) => partsOf(rule.condition)).filter((part) => part.market === name), timeframe, closed), [rules, name, timeframe, closed]);
  const entries = useMemo(() => Object.fromEntries((account?.positions ?? []).map((one) => [one.market, one.entry_price])), [account]);
  const levels = useMemo<Level[]>(() => {
    const ground = { references: Object.fromEntries(prices), entries };
    const drafts = rules.flatMap((rule, place) =>
      linesOf(rule.condition, ground)
        .filter((line) => line.market === name)
        .map((line, number) => ({
          id: `${rule.id}.${number}`,
          price: line.price,
          label: rules.length === 1 ? "fires" : `${place + 1} fires`,
          says: `Would fire at ${said(line.price)}`,
          tone: "draft" as const,
          onMove: onChange !== undefined && movable(rule, line.path) ? (to: string) => onChange(rules.map((one) => (one === rule ? moved(rule, line.path, to) : one))) : undefined,
        })),
    );
    return [...drafts, ...held.filter((one) => one.rule === undefined).map((one) => one.level)];
  }, [rules, prices, entries, name, held, onChange]);
  return (
    <section aria-label="Where it would fire" className="rounded-lg border border-line bg-panel">
      <header className="flex min-h-11 items-center justify-between gap-3 border-b border-line px-4 py-2">
        <h2 className="font-semibold">
          {name} <span className="font-normal text-soft">{prices.get(name) === undefined ? "" : price(prices.get(name) ?? "", listed?.tick)}</span>
        </h2>
        <Segments label="Candles of" options={FRAMES} value={timeframe as (typeof FRAMES)[number][0]} onPick={setTimeframe} />
      </header>
      <div className="h-64 sm:h-80">
        {candles.isError && <Failure error={candles.error} again={() => void candles.refetch()} />}
        {listed !== undefined && !candles.isError && (
          <Chart key={`${name} ${timeframe}`} says={`${timeframe} candles of ${name}. ${levels.map((level) => level.says).join(". ")}`} timeframe={timeframe} zone={zone} tick={listed.tick} read={candles.data} now={seen?.prices.find((one) => one.market === name)} levels={levels} fills={NO_FILLS} drawn={drawn} />
        )}
      </div>
      <ul aria-label="Lines" className="flex min-h-8 flex-wrap gap-x-4 border-t border-line px-4 py-1.5 text-xs text-soft">
        {levels
          .filter((level) => level.tone === "draft")
          .map((level) => (
            <li key={level.id} className="text-warn">
              {level.label} at {said(level.price)}
            </li>
          ))}
        <li className="ml-auto">
          <a className="underline-offset-4 hover:underline" href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
            Charts by TradingView
          </a>
        </li>
      </ul>
    </section>
  );
}
