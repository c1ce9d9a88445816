/** Live rules, those nearest to firing first. */
import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/calls";
import { StateChip } from "../rules/StateChip";
import { usePriceMap } from "../rules/prices";
import { byNearness } from "../rules/trigger";
import { away, count, level, unbroken } from "../ui/figures";
import { Empty, Failure, Go, Panel, Waiting } from "../ui/parts";

const SHOWN = 8;

export function NearRules() {
  const rules = useQuery(queries.rules("live"));
  const prices = usePriceMap();
  const sorted = byNearness(rules.data?.rules ?? [], prices);
  return (
    <Panel title="Rules, nearest first" aside={sorted.length > 0 && <Go to="/rules">All rules ({count(sorted.length)})</Go>}>
      {rules.isPending && <Waiting what="rules" />}
      {rules.isError && <Failure error={rules.error} again={() => void rules.refetch()} />}
      {rules.data !== undefined && sorted.length === 0 && (
        <Empty title="Nothing is being watched.">
          <Go to="/say">Say when to trade</Go>
        </Empty>
      )}
      <ul className="divide-y divide-line">
        {sorted.slice(0, SHOWN).map(({ rule, near }) => (
          <li key={rule.id} className="flex items-start justify-between gap-4 px-4 py-2">
            <p className="min-w-0 break-words">
              <span className="mr-2 text-soft">{rule.label}</span>
              {unbroken(rule.says)}
            </p>
            <div className="flex shrink-0 flex-col items-end gap-x-4 gap-y-1 text-right sm:flex-row sm:items-baseline">
              {near !== null && <span className="text-soft max-sm:order-2 max-sm:text-xs">{level(near.line.price)}</span>}
              {near !== null && near.distance !== null && <span className="min-w-24 font-medium max-sm:order-3 max-sm:text-xs">{away(near.distance)} away</span>}
              <span className="flex min-w-16 justify-end">
                <StateChip state={rule.state} />
              </span>
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
