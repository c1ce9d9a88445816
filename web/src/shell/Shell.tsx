/** What surrounds every page: where one can go, and how market, venue and line are. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { usePath } from "../address";
import { deeds, queries } from "../api/calls";
import { useSocketState } from "../api/live";
import { Icon } from "./Icon";
import { Leave } from "./Leave";
import { News } from "./News";
import { useOnline } from "./online";
import { Zone } from "./Zone";
import { Button, Chip, Failure, Go, type Tone } from "../ui/parts";

const PAGES = [
  ["/", "Home", "home"],
  ["/say", "Say when", "say"],
  ["/rules", "Rules", "rules"],
  ["/market", "Market", "market"],
  ["/activity", "Activity", "activity"],
  ["/account", "Account", "account"],
] as const;

export function Shell({ children }: { children: ReactNode }) {
  const path = usePath();
  const links = (className: string, pictured: boolean) =>
    PAGES.map(([to, name, icon]) => (
      <Go key={to} to={to} current={path === to} className={`${className} ${path === to ? "bg-raised text-ink" : "text-soft hover:text-ink"}`}>
        {pictured && <Icon name={icon} />}
        {name}
      </Go>
    ));
  return (
    <div className="flex min-h-[var(--app-height,100dvh)] flex-col">
      <a href="#page" className="absolute -top-20 left-2 z-20 rounded bg-accent px-3 py-2 text-ground focus:top-2">
        Skip to the page
      </a>
      <header className="sticky top-0 z-10 border-b border-line bg-ground">
        <div className="mx-auto flex max-w-[90rem] flex-wrap items-center gap-x-5 gap-y-2 px-4 py-2">
          <span className="flex items-center gap-2 font-semibold">
            <img src="/favicon.svg" alt="" width="24" height="24" />
            SayWhen
          </span>
          <nav aria-label="Pages" className="hidden gap-1 md:flex">
            {links("rounded-md px-3 py-1.5 font-medium", false)}
          </nav>
          <div className="order-last flex min-h-6 w-full flex-wrap items-center gap-1.5 sm:order-none sm:ml-auto sm:w-auto">
            <Signals />
          </div>
          <Line />
          <Leave />
        </div>
      </header>
      <main id="page" tabIndex={-1} className="mx-auto w-full max-w-[90rem] grow px-3 pt-4 pb-24 outline-none sm:px-4 md:pb-8">
        <Paused />
        <Waits />
        {(path === "/" || path === "/say") && <Zone />}
        {children}
      </main>
      <News />
      <nav aria-label="Pages" className="fixed inset-x-0 bottom-0 z-10 grid h-[calc(3.75rem+env(safe-area-inset-bottom))] grid-cols-6 border-t border-line bg-panel p-1 pb-[calc(0.25rem+env(safe-area-inset-bottom))] md:hidden">
        {links("flex flex-col items-center justify-center gap-0.5 rounded-md text-[0.6875rem] font-medium whitespace-nowrap", true)}
      </nav>
    </div>
  );
}

const LINE: Record<ReturnType<typeof useSocketState>, [Tone, string]> = {
  connecting: ["plain", "Connecting …"],
  live: ["good", "Live"],
  reconnecting: ["warn", "Reconnecting …"],
  signed_out: ["bad", "Signed out"],
};

const OFFLINE: [Tone, string] = ["bad", "Offline"];

/** Always in sight: play money, invented prices, a venue or a line that is down. */
function Signals() {
  const { data: account } = useQuery(queries.account);
  const { data: prices } = useQuery(queries.prices);
  const { data: health } = useQuery(queries.health);
  const venue = health?.checks?.["venue"];
  const silent = prices !== undefined && prices.prices.length === 0;
  return (
    <>
      {account !== undefined && (
        <Chip tone={account.simulated ? "warn" : "plain"} title={account.simulated ? "Orders go to a simulated venue: play money" : "Orders go to this venue"}>
          {account.venue}
          {account.simulated && " · play money"}
        </Chip>
      )}
      {venue !== undefined && venue !== "ok" && <Chip tone="bad">venue {venue}</Chip>}
      {prices !== undefined && (
        <Chip tone={silent ? "bad" : prices.simulated ? "warn" : "good"} title={prices.notice ?? `Prices come from ${prices.source}`}>
          {silent ? "No fresh price" : prices.simulated ? "Prices SIMULATED" : `Prices: ${prices.source}`}
        </Chip>
      )}
    </>
  );
}

/** How the line is. Beside the others it would push them about as its words change, hence it has a place of its own. */
function Line() {
  const { isError } = useQuery(queries.health);
  const state = useSocketState();
  const [tone, words] = useOnline() ? LINE[state] : OFFLINE;
  return (
    <output aria-live="polite" className="flex sm:-ml-3.5">
      <Chip tone={isError ? "bad" : tone}>
        <span aria-hidden="true" className="size-1.5 rounded-full bg-current" />
        {words}
      </Chip>
    </output>
  );
}

/** Orders that only the owner's wallet can sign; in sight wherever they are, until they are signed or over. */
function Waits() {
  const path = usePath();
  const { data } = useQuery(queries.waiting);
  const count = data?.orders.length ?? 0;
  if (count === 0 || path === "/account") return null;
  return (
    <div role="status" className="mb-4 flex flex-wrap items-center justify-between gap-3 rounded-lg border border-warn/50 px-4 py-2 text-warn">
      <span>{count === 1 ? "An order waits" : `${count} orders wait`} for your wallet. Nothing is sent until you sign.</span>
      <Go to="/account">Look at {count === 1 ? "it" : "them"}</Go>
    </div>
  );
}

function Paused() {
  const client = useQueryClient();
  const { data: account } = useQuery(queries.account);
  const resume = useMutation({ mutationFn: deeds.resumeAll, onSettled: () => client.invalidateQueries() });
  if (account?.paused !== true) return null;
  return (
    <div role="status" className="mb-4 flex flex-wrap items-center justify-between gap-3 rounded-lg border border-warn/50 px-4 py-2 text-warn">
      <span>Everything is paused: no rule fires. Orders and positions stay as they are.</span>
      <Button busy={resume.isPending} onClick={() => resume.mutate()}>
        Watch again
      </Button>
      {resume.isError && <Failure error={resume.error} />}
    </div>
  );
}
