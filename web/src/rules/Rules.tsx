/** Every rule with its state, where it fires and how it was watched; changed one by one or many at once. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useDeferredValue, useMemo, useState } from "react";
import { deeds, type Job, queries, type Rule } from "../api/calls";
import { Field, Segments, Select } from "../ui/fields";
import { count } from "../ui/figures";
import { useHeld } from "../ui/held";
import { Button, Empty, Failure, Go, Sheet, Waiting } from "../ui/parts";
import { List } from "../ui/Rows";
import { Chosen } from "./Chosen";
import { useDraftSheet } from "./DraftSheet";
import { Edit } from "./Edit";
import { fits, marketsIn, NO_FILTER, type RuleFilter } from "./filter";
import { History } from "./History";
import { usePriceMap, useTicks } from "./prices";
import { RuleRow, type What } from "./RuleRow";
import { byNearness, nearest } from "./trigger";
import { useZone } from "../ui/zone";

const STATES = ["armed", "paused", "waiting", "held", "firing", "completed", "failed", "cancelled", "expired"] as const;
type Opened = { what: What; rule: Rule } | null;

export function Rules() {
  const [which, setWhich] = useState<"live" | "all">("live");
  const [filter, setFilter] = useState<RuleFilter>(NO_FILTER);
  const wanted = useDeferredValue(filter);
  const rules = useQuery(queries.rules(which));
  const jobs = useQuery(queries.jobs);
  const prices = usePriceMap();
  const ticks = useTicks();
  const zone = useZone(); // asked once, and not by every row
  const [opened, setOpened] = useState<Opened>(null);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const { ask, error, sheet } = useDraftSheet();
  const all = useMemo(() => rules.data?.rules ?? [], [rules.data]);
  const watched = useMemo(() => new Map<string, Job>((jobs.data?.jobs ?? []).map((job) => [job.rule_id, job])), [jobs.data]);
  const markets = useMemo(() => [...new Set(all.flatMap((rule) => [...marketsIn(rule.spec)]))].toSorted(), [all]);
  // The nearest come first, but nothing moves under a pointer, a focus or a choice: a click must not land on another rule.
  const [inHand, setInHand] = useState(false);
  const order = useHeld(prices, inHand || picked.size > 0);
  const sorted = useMemo(() => byNearness(all.filter((rule) => fits(rule, wanted)), order), [all, wanted, order]);
  const ids = sorted.filter(({ rule }) => picked.has(rule.id)).map(({ rule }) => rule.id);
  const pick = useCallback((rule: Rule, on: boolean) => {
    setPicked((known) => {
      const next = new Set(known);
      if (on) next.add(rule.id);
      else next.delete(rule.id);
      return next;
    });
  }, []);
  const open = useCallback(
    (rule: Rule, what: What) => {
      if (what === "copy") ask(`Another one like ${rule.label}?`, () => deeds.duplicate(rule));
      else setOpened({ what, rule });
    },
    [ask],
  );
  const everyOne = sorted.length > 0 && ids.length === sorted.length;
  return (
    <section aria-labelledby="rules" className="rounded-lg border border-line bg-panel">
      <header className="flex flex-wrap items-center justify-between gap-3 border-b border-line px-4 py-2">
        <h1 id="rules" className="text-lg font-semibold">
          Rules
        </h1>
        <div className="flex flex-wrap gap-2">
          <Segments
            label="Which rules"
            value={which}
            onPick={setWhich}
            options={[
              ["live", "Live"],
              ["all", "All"],
            ]}
          />
          <PauseAll />
        </div>
      </header>
      <div className="grid grid-cols-3 items-end gap-x-3 gap-y-2 border-b border-line px-4 py-3 sm:flex">
        <Field label="With the words" className="col-span-3 sm:w-64" value={filter.words} onChange={(event) => setFilter({ ...filter, words: event.target.value })} />
        <Select label="State" className="sm:w-36" value={filter.state} onChange={(event) => setFilter({ ...filter, state: event.target.value })} options={[["", "Any"], ...STATES.map((state) => [state, state] as const)]} />
        <Select label="Market" className="sm:w-36" value={filter.market} onChange={(event) => setFilter({ ...filter, market: event.target.value })} options={[["", "Any"], ...markets.map((name) => [name, name] as const)]} />
        <Button className="px-1! sm:ml-auto sm:px-3!" disabled={sorted.length === 0} onClick={() => setPicked(everyOne ? new Set() : new Set(sorted.map(({ rule }) => rule.id)))}>
          {everyOne ? "Pick none" : `Pick all ${count(sorted.length)}`}
        </Button>
      </div>
      {ids.length > 0 && <Chosen ids={ids} onDone={() => setPicked(new Set())} />}
      {error !== null && <Failure error={error} />}
      {rules.isPending && <Waiting what="rules" />}
      {rules.isError && <Failure error={rules.error} again={() => void rules.refetch()} />}
      {rules.data !== undefined && sorted.length === 0 && (
        <Empty title={all.length > 0 ? "No rule is like that." : which === "live" ? "Nothing is being watched." : "You have no rules yet."}>{all.length > 0 ? <Button onClick={() => setFilter(NO_FILTER)}>Show all of them</Button> : <Go to="/say">Say when to trade</Go>}</Empty>
      )}
      {sorted.length > 0 && (
        <div onPointerEnter={() => setInHand(true)} onPointerLeave={() => setInHand(false)} onFocus={() => setInHand(true)} onBlur={() => setInHand(false)}>
        <List
          label="Rules"
          items={sorted}
          keyOf={({ rule }) => rule.id}
          nameOf={({ rule }) => `Rule ${rule.label}`}
          estimate={78}
          render={({ rule, near }) => <RuleRow rule={rule} zone={zone} tick={near === null ? undefined : ticks.get(near.line.market)} near={nearest(rule, prices)} job={watched.get(rule.id)} picked={picked.has(rule.id)} onPick={pick} onOpen={open} />}
        />
        </div>
      )}
      {opened?.what === "history" && <History rule={opened.rule} onClose={() => setOpened(null)} />}
      {opened?.what === "edit" && <Edit rule={opened.rule} onClose={() => setOpened(null)} />}
      {opened?.what === "delete" && <Delete rule={opened.rule} onClose={() => setOpened(null)} />}
      {sheet}
    </section>
  );
}

function PauseAll() {
  const client = useQueryClient();
  const account = useQuery(queries.account);
  const pause = useMutation({ mutationFn: deeds.pauseAll, onSettled: () => client.invalidateQueries() });
  if (account.data === undefined || account.data.paused) return null;
  return (
    <>
      <Button busy={pause.isPending} onClick={() => pause.mutate()}>
        Pause everything
      </Button>
      {pause.isError && <Failure error={pause.error} />}
    </>
  );
}

function Delete({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deeds.remove(rule),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: ["rules"] }),
  });
  return (
    <Sheet title={`Delete ${rule.label}?`} onClose={onClose}>
      <p>{rule.says}</p>
      <p className="mt-2 text-soft">It is cancelled for good and fires no more. What it traded, and its history, stay.</p>
      {remove.isError && <Failure error={remove.error} />}
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>Keep it</Button>
        <Button weight="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
          Delete {rule.label}
        </Button>
      </div>
    </Sheet>
  );
}
