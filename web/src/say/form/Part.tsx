/** One condition, action or order as fields. What is filled in wrongly is said by the API, not judged here. */
import { useQuery } from "@tanstack/react-query";
import { queries } from "../../api/calls";
import { Check, Field, Select } from "../../ui/fields";
import { instant, wall } from "../../ui/local";
import { useZone } from "../../ui/zone";
import type { FieldOf, KindOf, Part } from "./kinds";

interface Edited {
  label: string;
  kinds: Readonly<Record<string, KindOf>>;
  part: Part;
  market: string;
  price: string;
  onChange: (part: Part) => void;
}

export function PartFields({ label, kinds, part, market, price, onChange }: Edited) {
  const found = Object.entries(kinds).find(([, kind]) => kind.is(part));
  const pick = (name: string) => {
    const fresh = kinds[name]?.fresh(market, price);
    if (fresh === undefined) return;
    // What both kinds have is kept: the market stays where it was chosen.
    onChange({ ...fresh, ...(fresh["market"] !== undefined && typeof part["market"] === "string" ? { market: part["market"] } : {}) });
  };
  return (
    <>
      <Select label={label} value={found?.[0] ?? ""} onChange={(event) => pick(event.target.value)} options={Object.entries(kinds).map(([name, kind]) => [name, kind.says])} />
      {found?.[1].fields.filter((field) => field.when?.(part) ?? true).map((field) => <One key={field.name} field={field} part={part} onChange={onChange} />)}
    </>
  );
}

function One({ field, part, onChange }: { field: FieldOf; part: Part; onChange: (part: Part) => void }) {
  const zone = useZone();
  const { data: markets } = useQuery(queries.markets);
  const value = read(part, field.name);
  const set = (next: unknown) => onChange(written(part, field.name, next === "" && field.optional === true ? undefined : next));
  const label = field.optional === true ? `${field.label} (may stay empty)` : field.label;
  switch (field.kind) {
    case "market":
    case "any market": {
      const names = (markets?.markets ?? []).map((one) => [one.symbol, one.symbol] as const);
      return <Select label={label} value={String(value ?? "")} onChange={(event) => set(event.target.value)} options={field.kind === "any market" ? [["*", "Any"], ...names] : names} />;
    }
    case "choice":
      return <Select label={label} value={String(value ?? "")} onChange={(event) => set(event.target.value)} options={field.options ?? []} />;
    case "flag":
      return <Check label={label} className="self-end" checked={value === true} onChange={(event) => set(event.target.checked)} />;
    case "count":
      return <Field label={label} inputMode="numeric" value={String(value ?? "")} onChange={(event) => set(counted(event.target.value))} />;
    case "span":
      return <Span label={label} seconds={typeof value === "number" ? value : null} onChange={(seconds) => set(seconds ?? "")} />;
    case "time":
      return <Field label={`${label}, ${zone}`} type="datetime-local" value={wall(String(value ?? ""), zone)} onChange={(event) => set(instant(event.target.value, zone))} />;
    default:
      return <Field label={label} inputMode={field.kind === "amount" ? "decimal" : "text"} value={String(value ?? "")} onChange={(event) => set(event.target.value.trimStart())} />;
  }
}

const UNITS = [
  ["86400", "days"],
  ["3600", "hours"],
  ["60", "minutes"],
  ["1", "seconds"],
] as const;

function Span({ label, seconds, onChange }: { label: string; seconds: number | null; onChange: (seconds: number | null) => void }) {
  const unit = seconds === null || seconds === 0 ? "60" : (UNITS.find(([length]) => seconds % Number(length) === 0)?.[0] ?? "1");
  return (
    <div className="grid grid-cols-[1fr_1.3fr] items-end gap-1">
      <Field
        label={label}
        inputMode="numeric"
        value={seconds === null ? "" : String(seconds / Number(unit))}
        onChange={(event) => {
          const number = counted(event.target.value);
          onChange(typeof number === "number" ? number * Number(unit) : null);
        }}
      />
      <Select quiet label={`${label}: unit`} value={unit} onChange={(event) => onChange(seconds === null ? null : (seconds / Number(unit)) * Number(event.target.value))} options={UNITS} />
    </div>
  );
}

/** A whole number where it is one; else as it was typed, for the API to say what is wrong with it. */
function counted(text: string): number | string {
  return /^\d{1,9}$/.test(text.trim()) ? Number(text.trim()) : text.trim();
}

function read(part: Part, name: string): unknown {
  const [first = "", ...rest] = name.split(".");
  const value = part[first];
  return rest.length === 0 ? value : read((value ?? {}) as Part, rest.join("."));
}

function written(part: Part, name: string, value: unknown): Part {
  const [first = "", ...rest] = name.split(".");
  const { [first]: was, ...others } = part;
  const next = rest.length === 0 ? value : written((was ?? {}) as Part, rest.join("."), value);
  return next === undefined ? others : { ...part, [first]: next };
}
