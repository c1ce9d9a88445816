/** Every rule with its state, where it fires and how it was watched; pausing, resuming and deleting them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deeds, type Job, queries, type Rule } from "../api/calls";
import { Button, Empty, Failure, Go, Sheet, Waiting } from "../ui/parts";
import { History } from "./History";
import { RuleRow } from "./RuleRow";
import { usePriceMap } from "./prices";
import { byNearness } from "./trigger";

export function Rules() {
  const [which, setWhich] = useState<"live" | "all">("live");
  const rules = useQuery(queries.rules(which));
  const jobs = useQuery(queries.jobs);
  const prices = usePriceMap();
  const [shown, setShown] = useState<Rule | null>(null);
  const [leaving, setLeaving] = useState<Rule | null>(null);
  const watched = new Map<string, Job>((jobs.data?.jobs ?? []).map((job) => [job.rule_id, job]));
  const sorted = byNearness(rules.data?.rules ?? [], prices);
  return (
    <section aria-labelledby="rules" className="rounded-lg border border-line bg-panel">
      <header className="flex flex-wrap items-center justify-between gap-3 border-b border-line px-4 py-2">
        <h1 id="rules" className="text-lg font-semibold">
          Rules
        </h1>
        <div className="flex flex-wrap gap-2">
          <fieldset className="flex rounded-md border border-edge p-0.5">
            <legend className="sr-only">Which rules</legend>
            {(["live", "all"] as const).map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={which === one}
                onClick={() => setWhich(one)}
                className={`rounded px-3 py-1 ${which === one ? "bg-raised font-medium text-ink" : "text-soft hover:text-ink"}`}
              >
                {one === "live" ? "Live" : "All"}
              </button>
            ))}
          </fieldset>
          <PauseAll />
        </div>
      </header>
      {rules.isPending && <Waiting what="rules" />}
      {rules.isError && <Failure error={rules.error} again={() => void rules.refetch()} />}
      {rules.data !== undefined && sorted.length === 0 && (
        <Empty title={which === "live" ? "Nothing is being watched." : "You have no rules yet."}>
          <Go to="/say">Say when to trade</Go>
        </Empty>
      )}
      <ul className="divide-y divide-line">
        {sorted.map(({ rule, near }) => (
          <RuleRow key={rule.id} rule={rule} near={near} job={watched.get(rule.id)} onHistory={() => setShown(rule)} onDelete={() => setLeaving(rule)} />
        ))}
      </ul>
      {shown !== null && <History rule={shown} onClose={() => setShown(null)} />}
      {leaving !== null && <Delete rule={leaving} onClose={() => setLeaving(null)} />}
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
