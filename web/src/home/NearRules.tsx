/** Live rules, those nearest to firing first. */
import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/calls";
import { StateChip } from "../rules/StateChip";
import { usePriceMap } from "../rules/prices";
import { byNearness } from "../rules/trigger";
import { level, percent } from "../ui/figures";
import { Empty, Failure, Go, Panel, Waiting } from "../ui/parts";

const SHOWN = 8;

export function NearRules() {
  const rules = useQuery(queries.rules("live"));
  const prices = usePriceMap();
  const sorted = byNearness(rules.data?.rules ?? [], prices);
  return (
    <Panel title="Rules, nearest first" aside={sorted.length > 0 && <Go to="/rules">All rules ({sorted.length})</Go>}>
      {rules.isPending && <Waiting what="rules" />}
      {rules.isError && <Failure error={rules.error} again={() => void rules.refetch()} />}
      {rules.data !== undefined && sorted.length === 0 && (
        <Empty title="Nothing is being watched.">
          <Go to="/say">Say when to trade</Go>
        </Empty>
      )}
      <ul className="divide-y divide-line">
        {sorted.slice(0, SHOWN).map(({ rule, near }) => (
          <li key={rule.id} className="flex items-start justify-between gap-4 px-4 py-2.5">
            <p className="min-w-0 break-words">
              <span className="mr-2 text-soft">{rule.label}</span>
              {rule.says}
            </p>
            <div className="flex shrink-0 flex-col items-end gap-1 text-right">
              <StateChip state={rule.state} />
              {near !== null && (
                <span className="text-xs text-soft">
                  {level(near.line.price)}
                  {near.distance !== null && <span className="block font-medium text-ink">{percent(near.distance)} away</span>}
                </span>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
