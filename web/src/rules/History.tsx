/** A rule's own story: the sentence it began with, and what was checked and when. */
import { useQuery } from "@tanstack/react-query";
import { queries, type Rule } from "../api/calls";
import { level, moment } from "../ui/figures";
import { Button, Empty, Failure, Sheet, Waiting } from "../ui/parts";
import { useZone } from "../ui/zone";

export function History({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  const zone = useZone();
  const logs = useQuery(queries.logs(rule.id));
  return (
    <Sheet title={`History of ${rule.label}`} onClose={onClose}>
      <h3 className="text-xs text-soft">You said</h3>
      <p className="whitespace-pre-line">{rule.words}</p>
      {logs.isPending && <Waiting what="history" />}
      {logs.isError && <Failure error={logs.error} again={() => void logs.refetch()} />}
      {logs.data?.logs.length === 0 && <Empty title="Nothing is noted yet." />}
      <ol className="mt-4 divide-y divide-line border-y border-line">
        {logs.data?.logs.map((line) => (
          <li key={line.number} className="flex justify-between gap-4 py-2">
            <div className="min-w-0">
              <p className="font-medium">{line.what.replaceAll("_", " ")}</p>
              <p className="break-words text-soft">{told(line.detail)}</p>
            </div>
            <time dateTime={line.at} className="shrink-0 text-xs text-soft">
              {moment(line.at, zone)}
            </time>
          </li>
        ))}
      </ol>
      <div className="mt-4 flex justify-end">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Sheet>
  );
}

const PRICES = new Set(["price", "distance", "fires_at", "trigger_prices"]);

/** "price $149.89 · checks 7 · fires at $161.91" */
function told(detail: Record<string, unknown>): string {
  return Object.entries(detail)
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${(Array.isArray(value) ? value : [value]).map((one) => said(name, one)).join(", ")}`)
    .join(" · ");
}

function said(name: string, value: unknown): string {
  if (PRICES.has(name)) return level(String(value));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
