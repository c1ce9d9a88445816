/** What Confirm armed, as it is now. */
import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/calls";
import { StateChip } from "../rules/StateChip";
import { Failure, Go, Panel, Waiting } from "../ui/parts";

export function Armed({ ids }: { ids: string[] }) {
  const rules = useQuery(queries.rules("all"));
  const shown = rules.data?.rules.filter((rule) => ids.includes(rule.id)) ?? [];
  return (
    <Panel title="Confirmed" arrival={ids.join(" ")} aside={<Go to="/rules">See your rules</Go>}>
      {rules.isError && <Failure error={rules.error} again={() => void rules.refetch()} />}
      {rules.isPending && <Waiting what="rules" />}
      <ul aria-live="polite" className="divide-y divide-line">
        {shown.map((rule) => (
          <li key={rule.id} className="flex items-start justify-between gap-4 px-4 py-2.5">
            <p className="min-w-0 break-words">
              <span className="mr-2 text-soft">{rule.label}</span>
              {rule.says}
            </p>
            <StateChip state={rule.state} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
