/** Joins the socket to what the pages have read: a frame changes the kept answers, and nothing is guessed. */
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { type Price, queries, type Rule } from "./calls";
import { renew, type Schemas } from "./client";
import { freshenInbox } from "./inbox";
import { freshen } from "./pages";
import { socketAddress } from "./places";
import { protocols } from "./access";
import { type Frame, LiveSocket, type SocketState } from "./socket";

const LIVE_STATES = new Set<Rule["state"]>(["waiting", "armed", "firing", "held", "paused"]);
const State = createContext<SocketState>("connecting");

export function useSocketState(): SocketState {
  return useContext(State);
}

export function Live({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<SocketState>("connecting");
  const { data: markets } = useQuery(queries.markets);
  const names = markets?.markets.map((market) => market.symbol).slice(0, 36).join(" ");

  useEffect(() => {
    if (names === undefined) return undefined;
    const prices = names === "" ? [] : names.split(" ").map((name) => `prices:${name}`);
    const socket = new LiveSocket({
      url: socketAddress(),
      channels: ["rules", "positions", "events", ...prices],
      onFrame: (frame) => takeIn(client, frame),
      onState: setState,
      protocols,
      renew,
    });
    const hurry = () => socket.hurry();
    addEventListener("online", hurry);
    document.addEventListener("visibilitychange", hurry);
    socket.start();
    return () => {
      removeEventListener("online", hurry);
      document.removeEventListener("visibilitychange", hurry);
      socket.stop();
    };
  }, [client, names]);

  useEffect(() => {
    if (state === "signed_out") void client.resetQueries({ queryKey: ["me"] });
  }, [client, state]);

  return <State value={state}>{children}</State>;
}

/** Put what a frame says where the pages read it; what it only hints at is asked for anew. */
export function takeIn(client: QueryClient, frame: Frame): void {
  if (frame.type === "reset") {
    void client.invalidateQueries();
    return;
  }
  if (frame.rules !== undefined) {
    for (const which of ["live", "all"] as const) {
      client.setQueryData(queries.rules(which).queryKey, (known) =>
        known === undefined ? undefined : { rules: mergeRules(known.rules, frame.rules ?? [], which === "live", frame.type === "snapshot") },
      );
    }
  }
  if (frame.positions !== undefined) {
    const { positions } = frame;
    client.setQueryData(queries.account.queryKey, (known) => (known === undefined ? undefined : { ...known, positions }));
  }
  if (frame.prices !== undefined && frame.prices.length > 0) {
    const { prices } = frame;
    client.setQueryData(queries.prices.queryKey, (known) => (known === undefined ? undefined : mergePrices(known, prices)));
  }
  if (frame.events !== undefined && (frame.events.length > 0 || frame.type === "snapshot")) {
    for (const key of ["account", "jobs", "pnl", "drafts", "logs", "letters", "worths", "waiting", "seat"]) void client.invalidateQueries({ queryKey: [key] });
    void freshen(client);
    void freshenInbox(client);
  }
  if (frame.type === "snapshot") void client.invalidateQueries({ queryKey: ["rules", "all"] });
}

function mergeRules(known: Rule[], news: Rule[], onlyLive: boolean, whole: boolean): Rule[] {
  const byId = new Map((whole && onlyLive ? [] : known).map((rule) => [rule.id, rule]));
  for (const rule of news) byId.set(rule.id, rule);
  return [...byId.values()].filter((rule) => !onlyLive || LIVE_STATES.has(rule.state)).toSorted((a, b) => a.number - b.number);
}

function mergePrices(known: Schemas["PricesOut"], news: Price[]): Schemas["PricesOut"] {
  const byMarket = new Map(known.prices.map((price) => [price.market, price]));
  for (const price of news) byMarket.set(price.market, price);
  return { ...known, prices: [...byMarket.values()] };
}
