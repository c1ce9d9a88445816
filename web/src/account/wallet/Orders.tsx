/** Orders that wait for the owner's own wallet: each is made, rehearsed and shown when it is opened, and sent once signed. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { queries } from "../../api/calls";
import { amount, clock, price, sized, usd } from "../../ui/figures";
import { Button, Chip, Failure, Panel } from "../../ui/parts";
import { useZone } from "../../ui/zone";
import { useAct } from "../useAct";
import { type Opened, trading, type Waits } from "./asks";
import { type Asked, SignSheet } from "./SignSheet";

export function Orders() {
  const waiting = useQuery(queries.waiting);
  const client = useQueryClient();
  const [opened, setOpened] = useState<Waits | null>(null);
  const found = waiting.data?.orders ?? [];
  if (waiting.isError) return <Failure error={waiting.error} again={() => void waiting.refetch()} />;
  const close = () => {
    setOpened(null);
    void client.invalidateQueries({ queryKey: ["waiting"] });
  };
  return (
    <>
      {found.length > 0 && (
        <Panel title="Orders that wait for your wallet" aside={<Chip tone="warn">{found.length}</Chip>}>
          <ul className="divide-y divide-line">
            {found.map((order) => (
              <Row key={order.order_id} order={order} onOpen={() => setOpened(order)} />
            ))}
          </ul>
        </Panel>
      )}
      {opened !== null && opened.kind === "place" && (
        <SignSheet title={`${saying(opened)}?`} build={() => shown(opened.order_id)} send={async (id, bytes) => void (await trading.sign(id, bytes))} onClose={close} />
      )}
      {opened !== null && opened.kind === "take_off" && (
        <SignSheet title={`Take off: ${saying(opened)}?`} build={async () => ({ sign: await trading.takeOff(opened.order_id) })} send={trading.submit} onClose={close} />
      )}
    </>
  );
}

function Row({ order, onOpen }: { order: Waits; onOpen: () => void }) {
  const zone = useZone();
  const client = useQueryClient();
  const decline = useAct<void, void>(() => trading.decline(order.order_id).finally(() => void client.invalidateQueries({ queryKey: ["waiting"] })));
  const until = order.expires_at;
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 px-4 py-3" aria-label={saying(order)}>
      <div className="min-w-0 grow basis-64">
        <p className="break-words">
          {order.kind === "take_off" && "Take off: "}
          {saying(order)}
          {order.price != null && ` at ${price(order.price)}`}
        </p>
        <p className="text-xs text-soft">{until == null ? "You cancelled it; only your wallet can take it off." : `Sized anew when you open it. Until ${clock(until, zone)}; unsigned, nothing is sent.`}</p>
        {decline.isError && <Failure error={decline.error} />}
      </div>
      <div className="flex flex-wrap gap-2">
        <Button weight="main" onClick={onOpen}>
          Open<span className="sr-only"> {saying(order)}</span>
        </Button>
        {order.kind === "place" && (
          <Button busy={decline.isPending} onClick={() => decline.mutate()}>
            Decline<span className="sr-only"> {saying(order)}</span>
          </Button>
        )}
      </div>
    </li>
  );
}

function saying(order: Pick<Waits, "side" | "base" | "market">): string {
  const verb = order.side === "buy" ? "Buy" : order.side === "sell" ? "Sell" : "Trade";
  return order.base == null ? `${verb} ${order.market}` : `${verb} ${amount(order.base)} ${order.market}`;
}

async function shown(orderId: string): Promise<Asked> {
  const order = await trading.open(orderId);
  return { sign: order.sign ?? null, facts: <Facts order={order} /> };
}

function Facts({ order }: { order: Opened }) {
  const lines: [string, string][] = [
    ["Market", order.market],
    ["Side", order.side],
    ["Size", sized(order.base, order.market)],
    ["Price now", price(order.oracle_price)],
    ["At worst", order.worst_price == null ? "no bound" : price(order.worst_price)],
    ["Venue's fee, about", usd(order.fee_usd)],
    ["Kind", `${order.type.replace("_", " ")}${order.reduce_only ? ", reduce-only" : ""}`],
  ];
  return (
    <>
      <dl className="mb-3 grid grid-cols-2 gap-x-4 gap-y-1 tabular-nums sm:grid-cols-[auto_1fr_auto_1fr]">
        {lines.map(([name, says]) => (
          <div key={name} className="contents">
            <dt className="text-soft">{name}</dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
      {order.refused !== "" && (
        <p role="alert" className="mb-3 text-bad">
          The venue would refuse it now: {order.refused} There is nothing to sign.
        </p>
      )}
    </>
  );
}
