/** What the rules would have done in the last thirty days: a simulation over candles, and no promise. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { queries } from "../api/calls";
import { ask, type Schemas } from "../api/client";
import { amount, count, moment, price, signedUsd, toneOf, usd } from "../ui/figures";
import { Button, Failure, ink } from "../ui/parts";
import { useZone } from "../ui/zone";
import { marketOf } from "./Preview";
import type { Said, Spec } from "./wording";

const DAYS = 30;
const SHOWN = 6;

interface Fill {
  rule: string;
  at: string;
  side: string;
  base: string;
  price: string;
}

function times(number: number): string {
  return number === 1 ? "once" : `${count(number)} times`;
}

export function Past({ said, rules }: { said: Said; rules: readonly Spec[] }) {
  const zone = useZone();
  const { data: account } = useQuery(queries.account);
  const market = marketOf(rules);
  const held = account?.positions.find((one) => one.market === market);
  const run = useMutation({
    mutationFn: () => {
      const end = new Date();
      return ask<Schemas["ReplayOut"]>("POST", "/api/replay", {
        ...said,
        market,
        timeframe: "5m",
        start: new Date(end.getTime() - DAYS * 86_400_000).toISOString(),
        end: end.toISOString(),
        ...(held === undefined ? {} : { position: `${held.base}@${held.entry_price}` }),
      });
    },
  });
  const came = run.data;
  const fills = (came?.fills ?? []) as unknown as Fill[];
  return (
    <section aria-label="The last 30 days" className="rounded-lg border border-line bg-panel p-4">
      <Button disabled={market === null} busy={run.isPending} onClick={() => run.mutate()}>
        {run.isPending ? "Looking back …" : "What would this have done in the last 30 days?"}
      </Button>
      {run.isError && <Failure error={run.error} />}
      {came !== undefined && (
        <div aria-live="polite" className="mt-3 flex flex-col gap-2">
          <p>
            {came.triggers.length === 0 ? "It would not have fired." : `It would have fired ${times(came.triggers.length)} and traded ${times(fills.length)}.`} {came.triggers.length === 0 && held !== undefined ? "The position you hold, held all the while, would have made" : "The account would have made"}{" "}
            <span className={`font-semibold ${ink(toneOf(came.pnl))}`}>{signedUsd(came.pnl)}</span>, with {usd(came.equity)} at the end.
          </p>
          <ol className="divide-y divide-line text-xs text-soft">
            {fills.slice(0, SHOWN).map((fill) => (
              <li key={`${fill.rule} ${fill.at}`} className="flex justify-between gap-3 py-1">
                <span>
                  {fill.side === "buy" ? "bought" : "sold"} {amount(fill.base)} at {price(fill.price)}
                </span>
                <time dateTime={fill.at}>{moment(fill.at, zone)}</time>
              </li>
            ))}
          </ol>
          {fills.length > SHOWN && <p className="text-xs text-soft">… and {fills.length - SHOWN} more.</p>}
          {came.notes.map((note) => (
            <p key={note} className="text-xs text-warn">
              {note}
            </p>
          ))}
          <p className="text-xs text-soft">A simulation over five-minute candles, as if confirmed 30 days ago{held === undefined ? "" : " with the position you hold now"}. No promise.</p>
        </div>
      )}
    </section>
  );
}
