/** A rule set as fields: the same rules as the words beside it, changed here instead of said. */
import { useQuery } from "@tanstack/react-query";
import { usePriceMap } from "../../rules/prices";
import { queries } from "../../api/calls";
import { Check, Field, Select } from "../../ui/fields";
import { instant, wall } from "../../ui/local";
import { Button } from "../../ui/parts";
import { useZone } from "../../ui/zone";
import type { Spec } from "../wording";
import { ACTIONS, CONDITIONS, has, ORDERS, type Part, SIZES } from "./kinds";
import { PartFields } from "./Part";

interface Edited {
  rules: readonly Spec[];
  /** A rule's next version is one rule. */
  single?: boolean;
  onChange: (rules: Spec[]) => void;
}

const FIELDS = "grid grid-cols-2 gap-x-3 gap-y-2 sm:grid-cols-3";

export function RuleForm({ rules, single = false, onChange }: Edited) {
  const prices = usePriceMap();
  const { data: account } = useQuery(queries.account);
  const market = account?.positions[0]?.market ?? "SOL-PERP";
  const price = prices.get(market) ?? "100";
  const grouped = rules.length > 1 && rules.every((rule) => rule.oco_group != null);
  const change = (place: number, rule: Spec) => onChange(rules.map((one, at) => (at === place ? rule : one)));
  const add = () => {
    const taken = new Set(rules.map((rule) => rule.id));
    const id = Array.from({ length: rules.length + 1 }, (_, at) => `r${at + 1}`).find((name) => !taken.has(name)) ?? "r1";
    onChange([...rules, { id, condition: CONDITIONS["price_level"]?.fresh(market, price), action: { type: "alert" }, repeat: { times: 1, cooldown_s: 0 } } as Spec]);
  };
  return (
    <div className="flex flex-col gap-4">
      {rules.map((rule, place) => (
        <One
          key={rule.id}
          number={place + 1}
          rule={rule}
          others={rules.filter((one) => one.id !== rule.id)}
          market={market}
          price={price}
          onChange={(next) => change(place, next)}
          {...(single ? {} : { onRemove: () => onChange(rules.filter((one) => one.id !== rule.id).map((one) => (one.after === rule.id ? { ...one, after: null } : one))) })}
        />
      ))}
      {!single && (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <Button disabled={rules.length >= 20} onClick={add}>
            {rules.length === 0 ? "Add a rule" : "Add another rule"}
          </Button>
          {rules.length > 1 && <Check label="They exclude each other: when one fires, the others are cancelled" checked={grouped} onChange={(event) => onChange(rules.map((rule) => ({ ...rule, oco_group: event.target.checked ? "a" : null })))} />}
        </div>
      )}
    </div>
  );
}

interface OneRule {
  number: number;
  rule: Spec;
  others: readonly Spec[];
  market: string;
  price: string;
  onChange: (rule: Spec) => void;
  onRemove?: () => void;
}

function One({ number, rule, others, market, price, onChange, onRemove }: OneRule) {
  const zone = useZone();
  const given = { market, price };
  const action = rule.action as Part;
  const set = (changes: Partial<Spec> | Record<string, unknown>) => onChange({ ...rule, ...changes } as Spec);
  return (
    <fieldset className="flex flex-col gap-3 rounded-md border border-line p-3">
      <legend className="flex items-center gap-3 px-1 font-medium">Rule {number}</legend>
      <Condition label="When" part={rule.condition as Part} {...given} onChange={(condition) => set({ condition })} />
      <div className={FIELDS}>
        <PartFields label="Then" kinds={ACTIONS} part={action} {...given} onChange={(next) => set({ action: next })} />
        {(action["type"] === "buy" || action["type"] === "sell") && <Size action={action} onChange={(next) => set({ action: next })} />}
        {typeof action["order"] === "object" && action["order"] !== null && <PartFields label="Order" kinds={ORDERS} part={action["order"] as Part} {...given} onChange={(order) => set({ action: { ...action, order } })} />}
      </div>
      <details>
        <summary className="min-h-6 cursor-pointer text-soft">How often, until when{others.length > 0 ? ", after what" : ""}</summary>
        <div className={`mt-2 ${FIELDS}`}>
          <Field label="Times it may fire (empty: without end)" inputMode="numeric" value={rule.repeat?.times == null ? "" : String(rule.repeat.times)} onChange={(event) => set({ repeat: { cooldown_s: rule.repeat?.cooldown_s ?? 0, times: event.target.value.trim() === "" ? null : Number(event.target.value) || event.target.value } })} />
          <Field label={`Until, ${zone} (may stay empty)`} type="datetime-local" value={rule.expires_at == null ? "" : wall(rule.expires_at, zone)} onChange={(event) => set({ expires_at: event.target.value === "" ? null : instant(event.target.value, zone) })} />
          {others.length > 0 && <Select label="Armed" value={rule.after ?? ""} onChange={(event) => set({ after: event.target.value === "" ? null : event.target.value })} options={[["", "from the start"], ...others.map((one) => [one.id, `once ${one.id} has filled`] as const)]} />}
        </div>
      </details>
      {onRemove !== undefined && (
        <Button className="self-end" onClick={onRemove}>
          Remove rule {number}
        </Button>
      )}
    </fieldset>
  );
}

interface ConditionOf {
  label: string;
  part: Part;
  market: string;
  price: string;
  onChange: (part: Part) => void;
  onRemove?: () => void;
}

function Condition({ label, part, market, price, onChange, onRemove }: ConditionOf) {
  const given = { market, price };
  const parts = Array.isArray(part["conditions"]) ? (part["conditions"] as Part[]) : null;
  const put = (place: number, next: Part) => onChange({ ...part, conditions: parts?.map((one, at) => (at === place ? next : one)) });
  return (
    <div className="flex flex-col gap-2">
      <div className={FIELDS}>
        <PartFields label={label} kinds={CONDITIONS} part={part} {...given} onChange={onChange} />
        {onRemove !== undefined && (
          <Button className="self-end" onClick={onRemove}>
            Remove
          </Button>
        )}
      </div>
      {parts !== null && (
        <div className="flex flex-col gap-3 border-l-2 border-edge pl-3">
          {parts.map((one, place) => (
            <Condition
              // oxlint-disable-next-line react/no-array-index-key -- the parts of a condition have no names
              key={place}
              label={`Part ${place + 1}`}
              part={one}
              {...given}
              onChange={(next) => put(place, next)}
              {...(parts.length > 2 ? { onRemove: () => onChange({ ...part, conditions: parts.filter((_, at) => at !== place) }) } : {})}
            />
          ))}
          <Button className="self-start" onClick={() => onChange({ ...part, conditions: [...parts, CONDITIONS["price_level"]?.fresh(market, price)] })}>
            Add a part
          </Button>
        </div>
      )}
    </div>
  );
}

function Size({ action, onChange }: { action: Part; onChange: (action: Part) => void }) {
  const [kind = "amount_base"] = SIZES.find(([name]) => has(action, name)) ?? [];
  const sized = (name: string, value: unknown): Part => {
    const others = Object.fromEntries(Object.entries(action).filter(([key]) => !SIZES.some(([size]) => size === key)));
    return { ...others, [name]: value };
  };
  return (
    <div className="grid grid-cols-[1fr_1.3fr] items-end gap-1">
      <Field label="Size" inputMode="decimal" value={String(action[kind] ?? "")} onChange={(event) => onChange(sized(kind, event.target.value.trim()))} />
      <Select quiet label="Size: unit" value={kind} onChange={(event) => onChange(sized(event.target.value, action[kind]))} options={SIZES} />
    </div>
  );
}
