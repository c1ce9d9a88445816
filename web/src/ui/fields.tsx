/** What people type into and choose from, each with its label. */
import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId } from "react";

const BOX = "min-h-9 w-full min-w-0 rounded-md border border-edge bg-ground px-2.5 py-1.5 text-ink disabled:opacity-60 aria-invalid:border-bad";

export function Field({ label, hint, className = "", ...rest }: InputHTMLAttributes<HTMLInputElement> & { label: string; hint?: string }) {
  const id = useId();
  return (
    <div className={`flex min-w-0 flex-col gap-1 ${className}`}>
      <label htmlFor={id} className="text-xs text-soft">
        {label}
      </label>
      <input id={id} autoComplete="off" aria-describedby={hint === undefined ? undefined : `${id}-hint`} className={BOX} {...rest} />
      {hint !== undefined && (
        <span id={`${id}-hint`} className="text-xs text-soft">
          {hint}
        </span>
      )}
    </div>
  );
}

interface Choice extends SelectHTMLAttributes<HTMLSelectElement> {
  label: string;
  options: readonly (readonly [value: string, says: string])[];
  /** For a toolbar, where what is chosen says enough to those who see it. */
  quiet?: boolean;
}

export function Select({ label, options, quiet = false, className = "", ...rest }: Choice) {
  const id = useId();
  return (
    <div className={`flex min-w-0 flex-col gap-1 ${className}`}>
      <label htmlFor={id} className={quiet ? "sr-only" : "text-xs text-soft"}>
        {label}
      </label>
      <select id={id} className={BOX} {...rest}>
        {options.map(([value, says]) => (
          <option key={value} value={value}>
            {says}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Check({ label, className = "", children, ...rest }: Omit<InputHTMLAttributes<HTMLInputElement>, "type"> & { label: string; children?: ReactNode }) {
  return (
    <label className={`flex min-h-9 items-center gap-2 ${className}`}>
      <input type="checkbox" className="size-4.5 shrink-0 accent-accent" {...rest} />
      <span>
        {label}
        {children}
      </span>
    </label>
  );
}

/** One of a few, all in sight. */
export function Segments<Value extends string>({ label, options, value, onPick }: { label: string; options: readonly (readonly [Value, string])[]; value: Value; onPick: (value: Value) => void }) {
  return (
    <fieldset className="flex max-w-full min-w-0 overflow-x-auto rounded-md border border-edge p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map(([one, says]) => (
        <button
          key={one}
          type="button"
          aria-pressed={value === one}
          onClick={() => onPick(one)}
          className={`min-h-8 rounded px-2.5 py-1 whitespace-nowrap ${value === one ? "bg-raised font-medium text-ink" : "text-soft hover:text-ink"}`}
        >
          {says}
        </button>
      ))}
    </fieldset>
  );
}
