/** One rule as a row: a card on a phone, columns on a desk. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { memo, type ReactNode } from "react";
import { deeds, type Job, type Rule } from "../api/calls";
import { level, moment, percent, price, unbroken } from "../ui/figures";
import { Button, Failure } from "../ui/parts";
import { useReach } from "../ui/reach";
import { StateChip } from "./StateChip";
import type { Nearness } from "./trigger";

const PAUSABLE = new Set<Rule["state"]>(["waiting", "armed", "held"]);
const EDITABLE = new Set<Rule["state"]>(["armed", "paused", "waiting"]);
const DELETABLE = new Set<Rule["state"]>(["waiting", "armed", "held", "paused"]);

const SMALL = "!min-h-7 !px-2 !py-0.5";

export type What = "history" | "edit" | "copy" | "delete";

interface Row {
  rule: Rule;
  near: Nearness | null;
  job: Job | undefined;
  picked: boolean;
  zone: string;
  /** The step of its market's prices. */
  tick: string | undefined;
  onPick: (rule: Rule, on: boolean) => void;
  onOpen: (rule: Rule, what: What) => void;
}

/** Drawn anew only where something of it changed: a list scrolls over hundreds. */
export const RuleRow = memo(function RuleRow({ rule, near, job, picked, zone, tick, onPick, onOpen }: Row) {
  const client = useQueryClient();
  const reach = useReach();
  const toggle = useMutation({ mutationFn: () => deeds.toggle(rule), onSettled: () => client.invalidateQueries({ queryKey: ["rules"] }) });
  const { repeat, expires_at: expires } = rule.spec;
  const waits = DELETABLE.has(rule.state) || rule.state === "firing";
  const last = job?.last_check_at ?? null;
  const next = job?.next_run_at ?? null;
  return (
    <div className="grid gap-x-6 gap-y-2 px-4 py-2.5 lg:grid-cols-[minmax(14rem,1fr)_23rem] lg:items-start xl:grid-cols-[minmax(14rem,1fr)_53.5rem]">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2">
          <input type="checkbox" tabIndex={reach} aria-label={`Pick ${rule.label}`} checked={picked} onChange={(event) => onPick(rule, event.target.checked)} className="size-6 accent-accent lg:size-4.5" />
          <span className="font-semibold">{rule.label}</span>
          <StateChip state={rule.state} />
        </p>
        <p className="mt-1 break-words">{unbroken(rule.says)}</p>
        {rule.stands != null && <p className="text-soft">{rule.stands}</p>}
        {rule.reason !== undefined && rule.reason !== null && <p className="text-warn">{rule.reason}</p>}
        {toggle.isError && <Failure error={toggle.error} />}
      </div>
      <div className="flex min-w-0 flex-col gap-1.5 xl:flex-row xl:gap-3">
        <dl className="grid grid-cols-3 gap-x-4 gap-y-1 xl:w-[34rem] xl:grid-cols-[repeat(5,minmax(0,1fr))_auto]">
          <Fact name="Fires at">{waits && near !== null ? level(near.line.price) : "—"}</Fact>
          <Fact name="Distance">{waits && near?.distance != null ? percent(near.distance) : "—"}</Fact>
          <Fact name={next === null ? "Last check" : "Next run"}>{next !== null ? moment(next, zone) : last === null ? "—" : moment(last, zone)}</Fact>
          <Fact name="Price now">{near?.now == null ? "—" : price(near.now, tick)}</Fact>
          <Fact name="Runs">{repeat?.times == null ? `${rule.trigger_no}, no end` : `${rule.trigger_no} of ${repeat.times}`}</Fact>
          <Fact name="Expires">{expires == null ? "never" : moment(expires, zone)}</Fact>
        </dl>
        <div className="-mx-2 flex flex-wrap gap-x-0.5 max-sm:[&>button]:grow xl:mx-0 xl:w-[18.5rem] xl:flex-nowrap xl:justify-end">
          {(PAUSABLE.has(rule.state) || rule.state === "paused") && (
            <Button weight="bare" className={SMALL} busy={toggle.isPending} onClick={() => toggle.mutate()}>
              {rule.state === "paused" ? "Resume" : "Pause"}
              <span className="sr-only"> {rule.label}</span>
            </Button>
          )}
          {EDITABLE.has(rule.state) && (
            <Button weight="bare" className={SMALL} onClick={() => onOpen(rule, "edit")}>
              Edit<span className="sr-only"> {rule.label}</span>
            </Button>
          )}
          <Button weight="bare" className={SMALL} onClick={() => onOpen(rule, "copy")}>
            Copy<span className="sr-only"> {rule.label}</span>
          </Button>
          <Button weight="bare" className={SMALL} onClick={() => onOpen(rule, "history")}>
            History<span className="sr-only"> of {rule.label}</span>
          </Button>
          {DELETABLE.has(rule.state) && (
            <Button weight="bare-danger" className={SMALL} onClick={() => onOpen(rule, "delete")}>
              Delete<span className="sr-only"> {rule.label}</span>
            </Button>
          )}
        </div>
      </div>
    </div>
  );
});

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-soft">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
