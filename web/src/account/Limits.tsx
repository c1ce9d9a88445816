/** How far trading may go: lowered at once, raised only with a wallet's signature where there is a wallet. */
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Schemas } from "../api/client";
import { Field } from "../ui/fields";
import { Button, Failure, Panel, Waiting } from "../ui/parts";
import { acts, type Limits as Held, owned } from "./asks";
import { useAct } from "./useAct";

const FIELDS = [
  ["max_order_usd", "Largest order, $"],
  ["max_position_usd", "Largest position, $"],
  ["max_leverage", "Highest leverage, ×"],
  ["max_slippage_bps", "Most slippage, bps"],
  ["max_orders_a_day", "Orders a day"],
] as const;
type Name = (typeof FIELDS)[number][0];
const COUNTS = new Set<Name>(["max_slippage_bps", "max_orders_a_day"]);

export function Limits() {
  const limits = useQuery(owned.limits);
  return (
    <Panel title="Limits">
      {limits.isPending && <Waiting what="limits" />}
      {limits.isError && <Failure error={limits.error} again={() => void limits.refetch()} />}
      {limits.data !== undefined && <Change key={JSON.stringify({ ...limits.data, approval: null })} limits={limits.data} />}
    </Panel>
  );
}

function Change({ limits }: { limits: Held }) {
  const [typed, setTyped] = useState<Partial<Record<Name, string>>>({});
  const change = useAct(acts.changeLimits);
  const changes = Object.entries(typed).filter(([name, text]) => text.trim() !== "" && text.trim() !== String(limits[name as Name])) as [Name, string][];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(Object.fromEntries(changes.map(([name, text]) => [name, COUNTS.has(name) ? Number(text) : text.trim()])) as Schemas["LimitsIn"]);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3 p-4">
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-3">
        {FIELDS.map(([name, label]) => (
          <Field key={name} label={label} inputMode="decimal" value={typed[name] ?? String(limits[name])} onChange={(event) => setTyped({ ...typed, [name]: event.target.value })} />
        ))}
      </div>
      {change.isError && <Failure error={change.error} />}
      {change.data?.approval != null && <p className="text-warn">Higher limits wait for your wallet's signature, at the top of this page. Until then the old ones hold.</p>}
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span className="text-xs text-soft">Checked when you confirm, and once more when an order is sent.</span>
        <Button type="submit" busy={change.isPending} disabled={changes.length === 0}>
          Save limits
        </Button>
      </div>
    </form>
  );
}
