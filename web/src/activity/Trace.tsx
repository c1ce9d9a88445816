/** A fill traced back: the sentence that began it, the rule that came of it, its trigger, its order. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { queries, type Rule } from "../api/calls";
import type { Trade } from "../api/pages";
import { amount, moment, price, usd } from "../ui/figures";
import { Button, Failure, Sheet, Waiting } from "../ui/parts";
import { useZone } from "../ui/zone";

export function Trace({ trade, rule, onClose }: { trade: Trade; rule: Rule | undefined; onClose: () => void }) {
  const zone = useZone();
  const order = useQuery(queries.order(trade.order_id));
  return (
    <Sheet title="What led to this fill" onClose={onClose}>
      <ol className="flex flex-col gap-4 border-l-2 border-edge pl-4">
        {rule !== undefined && (
          <>
            <Step name="You said" at={moment(rule.created_at, zone)}>
              <span className="whitespace-pre-line">{rule.words}</span>
            </Step>
            <Step name={`You confirmed ${rule.label}`} at={rule.armed_at == null ? "" : moment(rule.armed_at, zone)}>
              {rule.says}
            </Step>
          </>
        )}
        {order.isPending && <Waiting what="its order" />}
        {order.isError && <Failure error={order.error} again={() => void order.refetch()} />}
        {order.data !== undefined && (
          <>
            <Step name={`It fired, trigger ${order.data.trigger_no}`} at={moment(order.data.created_at, zone)}>
              Leg {order.data.leg_no} was planned
            </Step>
            <Step name="The order" at={moment(order.data.due_at, zone)}>
              {order.data.side} {order.data.base == null ? "" : amount(order.data.base)} {order.data.market} {order.data.type}, {order.data.state}
            </Step>
          </>
        )}
        <Step name="The fill" at={moment(trade.at, zone)}>
          {trade.side === "buy" ? "Bought" : "Sold"} {amount(trade.base)} {trade.market} at {price(trade.price)}, fee {usd(trade.fee)}, on {trade.venue}
          {trade.simulated && " (play money)"}
        </Step>
      </ol>
      <div className="mt-4 flex justify-end">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Sheet>
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
