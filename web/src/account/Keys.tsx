/** Keys of the owner's programs: made with scopes and an end, shown once, revoked at any time. */
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Schemas } from "../api/client";
import { moment, usd } from "../ui/figures";
import { Check, Field } from "../ui/fields";
import { Button, Chip, Failure, Panel, Sheet, Waiting } from "../ui/parts";
import { useZone } from "../ui/zone";
import { acts, owned } from "./asks";
import { useAct } from "./useAct";

type Scope = Schemas["KeyIn"]["scopes"][number];
const SCOPES: readonly (readonly [Scope, string, string])[] = [
  ["read", "Read", "see everything of yours"],
  ["write", "Write", "make drafts, pause and delete rules"],
  ["trade", "Trade", "confirm drafts"],
  ["auto_confirm", "Confirm by itself", "its rules are armed without you, within the caps below"],
];

export function Keys() {
  const zone = useZone();
  const keys = useQuery(owned.keys);
  const revoke = useAct(acts.revokeKey);
  const [making, setMaking] = useState(false);
  return (
    <Panel
      title="API keys"
      aside={
        <Button className="!min-h-7 !py-0.5 text-xs" onClick={() => setMaking(true)}>
          New key
        </Button>
      }
    >
      {keys.isPending && <Waiting what="keys" />}
      {keys.isError && <Failure error={keys.error} again={() => void keys.refetch()} />}
      {revoke.isError && <Failure error={revoke.error} />}
      {keys.data?.api_keys.length === 0 && <p className="px-4 py-4 text-soft">No program of yours has a key.</p>}
      <ul className="divide-y divide-line">
        {keys.data?.api_keys.map((key) => (
          <li key={key.id} className="flex flex-wrap items-center justify-between gap-2 px-4 py-2.5">
            <span className="min-w-0">
              <span className="font-medium break-words">{key.name}</span>{" "}
              {key.scopes.map((scope) => (
                <Chip key={scope} tone={scope === "auto_confirm" ? "warn" : "plain"}>
                  {scope.replace("_", " ")}
                </Chip>
              ))}
              <span className="block text-xs text-soft">
                {key.expires_at == null ? "without end" : `until ${moment(key.expires_at, zone)}`}
                {key.max_order_usd != null && ` · at most ${usd(key.max_order_usd)} an order`}
                {key.max_rules_a_day != null && ` · ${key.max_rules_a_day} rules a day`}
              </span>
            </span>
            <Button weight="danger" busy={revoke.isPending} onClick={() => revoke.mutate(key.id)}>
              Revoke<span className="sr-only"> {key.name}</span>
            </Button>
          </li>
        ))}
      </ul>
      {making && <Make onClose={() => setMaking(false)} />}
    </Panel>
  );
}

function Make({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["read"]);
  const [days, setDays] = useState("90");
  const [cap, setCap] = useState("");
  const [rules, setRules] = useState("");
  const make = useAct(acts.makeKey);
  const alone = scopes.includes("auto_confirm");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate({
      name: name.trim(),
      scopes: [...scopes],
      ...(days.trim() === "" ? {} : { days: Number(days) }),
      ...(alone ? { max_order_usd: cap.trim(), max_rules_a_day: Number(rules) } : {}),
    });
  };
  if (make.data !== undefined) {
    return (
      <Sheet title={make.data.done ? "Your new key" : "Waits for your signature"} onClose={onClose}>
        {make.data.secret == null ? (
          <p>A key that confirms by itself needs your wallet's signature; it waits at the top of this page.</p>
        ) : (
          <>
            <p>Keep it now: it is shown this once.</p>
            <code className="mt-3 block rounded bg-raised px-3 py-2 break-all select-all">{make.data.secret}</code>
          </>
        )}
        <div className="mt-4 flex justify-end">
          <Button weight="main" onClick={onClose}>
            Done
          </Button>
        </div>
      </Sheet>
    );
  }
  return (
    <Sheet title="New key" onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label="What is it for?" maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
        <fieldset className="flex flex-col">
          <legend className="text-xs text-soft">It may</legend>
          {SCOPES.map(([scope, says, means]) => (
            <Check key={scope} label={says} checked={scopes.includes(scope)} onChange={(event) => setScopes(event.target.checked ? [...scopes, scope] : scopes.filter((one) => one !== scope))}>
              <span className="text-soft"> · {means}</span>
            </Check>
          ))}
        </fieldset>
        <div className="grid grid-cols-3 items-end gap-3">
          <Field label="Days it lives" inputMode="numeric" value={days} onChange={(event) => setDays(event.target.value)} />
          {alone && <Field label="Most an order, $" inputMode="decimal" value={cap} onChange={(event) => setCap(event.target.value)} />}
          {alone && <Field label="Rules a day" inputMode="numeric" value={rules} onChange={(event) => setRules(event.target.value)} />}
        </div>
        {make.isError && <Failure error={make.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button weight="main" type="submit" busy={make.isPending} disabled={name.trim() === "" || scopes.length === 0}>
            Make the key
          </Button>
        </div>
      </form>
    </Sheet>
  );
}
