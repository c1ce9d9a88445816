/** What a trader wants to know at a glance: the account, what is held, what is about to fire, what happened. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { queries } from "../api/calls";
import { inbox } from "../api/inbox";
import { Equity } from "./Equity";
import { NearRules } from "./NearRules";
import { Positions } from "./Positions";
import { dayOf, percent, signedUsd, toneOf, usd } from "../ui/figures";
import { Empty, Failure, Go, ink, Panel, type Tone, Waiting } from "../ui/parts";
import { Told } from "../ui/Told";
import { useZone } from "../ui/zone";

const SHOWN = 12;

export function Home() {
  return (
    <div className="flex flex-col gap-4">
      <h1 className="sr-only">Home</h1>
      <Figures />
      <div className="grid gap-4 lg:grid-cols-[3fr_2fr]">
        <div className="flex min-w-0 flex-col gap-4">
          <Equity />
          <Positions />
          <NearRules />
        </div>
        <Happened />
      </div>
    </div>
  );
}

function Figures() {
  const account = useQuery(queries.account);
  const pnl = useQuery(queries.pnl);
  const zone = useZone();
  if (account.isError) return <Failure error={account.error} again={() => void account.refetch()} />;
  const known = account.data;
  const health = known?.health ?? "100";
  const today = pnl.data?.lines.find((line) => line.key === dayOf(new Date(), zone))?.net ?? "0";
  const figures: [string, string, Tone?][] = [
    ["Equity", known === undefined ? "—" : usd(known.equity)],
    ["Free collateral", known === undefined ? "—" : usd(known.free_collateral)],
    ["Made today, net", pnl.data === undefined ? "—" : signedUsd(today), toneOf(today)],
    ["Leverage", known === undefined ? "—" : `${Number(known.leverage).toFixed(2)}×`],
    ["Health", known === undefined ? "—" : percent(health, 1), Number(health) < 20 ? "bad" : "plain"],
    ["Open positions", known === undefined ? "—" : String(known.positions.length)],
  ];
  return (
    <dl aria-busy={account.isPending} className="grid grid-cols-2 overflow-hidden rounded-lg border border-line bg-line sm:grid-cols-3 xl:grid-cols-6 gap-px">
      {figures.map(([name, value, tone]) => (
        <div key={name} className="bg-panel px-4 py-3">
          <dt className="text-xs text-soft">{name}</dt>
          <dd className={`text-lg font-semibold ${ink(tone ?? "plain")}`}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Happened() {
  const zone = useZone();
  const notices = useInfiniteQuery(inbox);
  const latest = notices.data?.pages[0]?.rows ?? [];
  return (
    <Panel title="What happened" aside={<Go to="/activity?list=events">All events</Go>}>
      {notices.isPending && <Waiting what="events" />}
      {notices.isError && <Failure error={notices.error} again={() => void notices.refetch()} />}
      {notices.data !== undefined && latest.length === 0 && <Empty title="Nothing yet. Fills, triggers and warnings come here." />}
      <ol aria-live="polite" className="divide-y divide-line">
        {latest.slice(0, SHOWN).map((notice) => (
          <li key={notice.id}>
            <Told notice={notice} zone={zone} />
          </li>
        ))}
      </ol>
      <p className="border-t border-line px-4 py-2 text-xs text-soft">times in {zone}</p>
    </Panel>
  );
}
