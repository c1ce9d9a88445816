/** Orders from plan to end: those that are open, or all there were. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { deeds, queries } from "../api/calls";
import { type Order, pages } from "../api/pages";
import { amount, moment, price } from "../ui/figures";
import { Segments } from "../ui/fields";
import { Button, Chip, Empty, Failure, Panel, type Tone, Waiting } from "../ui/parts";
import { Cell, Table } from "../ui/Rows";
import { useZone } from "../ui/zone";

const HEADS = ["Time", "Market", "Order", "Filled", "Average", "State", "From", "Do"];
const GRID = "grid-cols-[1fr_auto] lg:grid-cols-[8.5rem_7rem_minmax(10rem,1.4fr)_minmax(5rem,1fr)_minmax(6rem,1fr)_minmax(8rem,1.4fr)_4rem_5rem] lg:[&>:nth-child(4)]:text-right lg:[&>:nth-child(5)]:text-right lg:[&>:nth-child(8)]:text-right";
const OVER = new Set<Order["state"]>(["filled", "rejected", "cancelled", "lapsed", "denied"]);
const TONES: Partial<Record<Order["state"], Tone>> = { filled: "good", rejected: "bad", denied: "bad", unknown: "warn" };

export function Orders() {
  const [which, setWhich] = useState<"open" | "all">("open");
  const { data, isPending, isError, error, refetch, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery(pages.orders(which));
  const { data: rules } = useQuery(queries.rules("all"));
  const labels = useMemo(() => new Map((rules?.rules ?? []).map((rule) => [rule.id, rule.label])), [rules]);
  const rows = useMemo(() => data?.pages.flatMap((page) => page.rows) ?? [], [data]);
  return (
    <Panel
      title="Orders"
      aside={
        <Segments
          label="Which orders"
          value={which}
          onPick={setWhich}
          options={[
            ["open", "Open"],
            ["all", "All"],
          ]}
        />
      }
    >
      {isPending && <Waiting what="orders" />}
      {isError && <Failure error={error} again={() => void refetch()} />}
      {data !== undefined && rows.length === 0 && <Empty title={which === "open" ? "No order is open." : "Nothing was ordered yet."} />}
      {rows.length > 0 && (
        <Table
          label="Orders"
          heads={HEADS}
          grid={GRID}
          items={rows}
          keyOf={(order) => order.id}
          estimate={41}
          onEnd={hasNextPage && !isFetching ? () => void fetchNextPage() : undefined}
          render={(order) => <Row order={order} label={labels.get(order.rule_id) ?? ""} />}
        />
      )}
    </Panel>
  );
}

function Row({ order, label }: { order: Order; label: string }) {
  const zone = useZone();
  const client = useQueryClient();
  const cancel = useMutation({ mutationFn: () => deeds.cancelOrder(order.id), onSettled: () => client.invalidateQueries({ queryKey: ["orders"] }) });
  const waits = order.approval_until != null && (order.state === "planned" || order.cancel_asked) && !OVER.has(order.state);
  const state = waits ? "waits for your wallet" : order.cancel_asked && !OVER.has(order.state) ? "cancelling" : order.state;
  return (
    <>
      <Cell className="order-3 text-xs text-soft lg:order-none lg:text-sm">
        <time dateTime={order.created_at}>{moment(order.created_at, zone)}</time>
      </Cell>
      <Cell className="font-medium">{order.market}</Cell>
      <Cell className="order-4 text-right lg:order-none lg:text-left">
        {order.side ?? "planned"} {order.base == null ? "" : amount(order.base)} {order.type ?? ""}
        {order.price != null && ` at ${price(order.price)}`}
        {order.average_price != null && <span className="text-soft lg:hidden"> · {price(order.average_price)}</span>}
        {order.reduce_only === true && <span className="text-soft"> · reduce-only</span>}
      </Cell>
      <Cell className="hidden lg:block">{amount(order.filled_base)}</Cell>
      <Cell className="hidden lg:block">{order.average_price == null ? "—" : price(order.average_price)}</Cell>
      <Cell className="text-right lg:text-left">
        <Chip tone={TONES[order.state] ?? "plain"}>{state.replaceAll("_", " ")}</Chip>
        {order.reason != null && <p className="text-xs break-words text-warn">{order.reason}</p>}
        {cancel.isError && <Failure error={cancel.error} />}
      </Cell>
      <Cell className="order-5 text-soft lg:order-none">{label}</Cell>
      <Cell className="order-6 text-right lg:order-none">
        {!OVER.has(order.state) && !order.cancel_asked && (
          <Button className="!min-h-7 !py-0.5 text-xs" busy={cancel.isPending} onClick={() => cancel.mutate()}>
            Cancel<span className="sr-only"> the order of {label}</span>
          </Button>
        )}
      </Cell>
    </>
  );
}
