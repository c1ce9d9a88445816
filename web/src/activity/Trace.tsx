/** A fill traced back: what was said, what was confirmed, when it fired, the order, the fill. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { queries } from "../api/calls";
import type { Schemas } from "../api/client";
import type { Trade } from "../api/pages";
import { amount, moment, price, usd } from "../ui/figures";
import { Button, Failure, Sheet, Waiting } from "../ui/parts";
import { useZone } from "../ui/zone";

export function Trace({ trade, onClose }: { trade: Trade; onClose: () => void }) {
  const origin = useQuery(queries.origin(trade.number));
  return (
    <Sheet title="What led to this fill" onClose={onClose}>
      {origin.isPending && <Waiting what="its origin" />}
      {origin.isError && <Failure error={origin.error} again={() => void origin.refetch()} />}
      {origin.data !== undefined && <Steps origin={origin.data} />}
      <div className="mt-4 flex justify-end">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Sheet>
  );
}

function Steps({ origin }: { origin: Schemas["OriginOut"] }) {
  const zone = useZone();
  const { draft, rule, order, trade, trail } = origin;
  const atOf = (name: string) => {
    const found = trail.find((event) => event.name === name);
    return found === undefined ? "" : moment(found.at, zone);
  };
  return (
    <ol className="flex flex-col gap-4 border-l-2 border-edge pl-4">
      {draft != null && (
        <Step name="You said" at={atOf("rule.drafted")}>
          <span className="whitespace-pre-line">{draft.words}</span>
        </Step>
      )}
      <Step name={`You confirmed ${rule.label}, version ${rule.version}`} at={draft?.confirmed_at == null ? atOf("rule.confirmed") : moment(draft.confirmed_at, zone)}>
        {rule.says ?? draft?.read_back[0] ?? ""}
      </Step>
      <Step name={`It fired, trigger ${order.trigger_no}`} at={atOf("rule.triggered")}>
        Order {order.leg_no}: {order.side ?? ""} {order.base == null ? "" : amount(order.base)} {order.market}, {order.type ?? "planned"}
      </Step>
      <Step name="It filled" at={moment(trade.at, zone)}>
        {trade.side === "buy" ? "Bought" : "Sold"} {amount(trade.base)} {trade.market} at {price(trade.price)}, fee {usd(trade.fee)}, on {trade.venue}
        {trade.simulated && " (play money)"}
      </Step>
    </ol>
  );
}

function Step({ name, at, children }: { name: string; at: string; children: ReactNode }) {
  return (
    <li>
      <p className="flex justify-between gap-3 text-xs text-soft">
        <span>{name}</span>
        <span>{at}</span>
      </p>
      <div className="break-words">{children}</div>
    </li>
  );
}
