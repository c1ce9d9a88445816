/** Amounts and times as people read them. Amounts stay decimal strings: nothing is rounded through a float on the way. */

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/** An exact decimal: `units` of 10^-`scale`. */
interface Exact {
  units: bigint;
  scale: number;
}

function read(text: string): Exact | null {
  const found = DECIMAL.exec(text);
  if (found === null) return null;
  const [, sign = "", whole = "0", part = ""] = found;
  return { units: BigInt(`${sign}${whole}${part}`), scale: part.length };
}

function write({ units, scale }: Exact): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const part = digits.slice(digits.length - scale).replace(/0+$/, "");
  return `${units < 0n ? "-" : ""}${whole}${part === "" ? "" : `.${part}`}`;
}

/** a + b, exactly; null where one of them is no decimal. */
export function add(a: string, b: string): string | null {
  const [x, y] = [read(a), read(b)];
  if (x === null || y === null) return null;
  const scale = Math.max(x.scale, y.scale);
  const units = x.units * 10n ** BigInt(scale - x.scale) + y.units * 10n ** BigInt(scale - y.scale);
  return write({ units, scale });
}

/** percent of a, exactly. */
export function percentOf(a: string, percent: string): string | null {
  const [x, y] = [read(a), read(percent)];
  return x === null || y === null ? null : write({ units: x.units * y.units, scale: x.scale + y.scale + 2 });
}

export function negative(text: string): string {
  return text.startsWith("-") ? text.slice(1) : `-${text}`;
}

// Making a format costs far more than using it, and a list uses hundreds.
const numbers = new Map<string, Intl.NumberFormat>();
const times = new Map<string, Intl.DateTimeFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  const known = numbers.get(key) ?? new Intl.NumberFormat("en-US", options);
  numbers.set(key, known);
  return known;
}

function timeFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  const known = times.get(key) ?? new Intl.DateTimeFormat(locale, options);
  times.set(key, known);
  return known;
}

/** With a minus that is as wide as a plus: signs stand under each other like digits do. */
function formatted(text: string, options: Intl.NumberFormatOptions): string {
  return numberFormat(options).format(text as Intl.StringNumericLiteral).replace("-", "−");
}

function decimals(text: string): number {
  return (text.split(".")[1] ?? "").length;
}

export function usd(text: string): string {
  return formatted(text, { style: "currency", currency: "USD" });
}

/** With its sign, for what was won or lost. */
export function signedUsd(text: string): string {
  return formatted(text, { style: "currency", currency: "USD", signDisplay: "exceptZero" });
}

/** Every digit of a price counts: at least two after the point, as many as it has. A live one keeps those of its market's
*tick*, so that nothing beside it moves. */
export function price(text: string, tick = "0.01"): string {
  const least = Math.min(12, Math.max(2, decimals(tick)));
  const most = Math.min(12, Math.max(least, decimals(text)));
  return formatted(text, { style: "currency", currency: "USD", minimumFractionDigits: least, maximumFractionDigits: most });
}

/** A computed price at which something fires, as the API writes it: eight digits that count, and never less than cents. */
export function level(text: string): string {
  const [whole = "", part = ""] = text.replace("-", "").split(".");
  const kept = Number(whole) === 0 ? (/^0*/.exec(part)?.[0].length ?? 0) + 8 : 8 - whole.length;
  const digits = Math.min(12, Math.max(2, Math.min(part.length, kept)));
  return formatted(text, { style: "currency", currency: "USD", minimumFractionDigits: 2, maximumFractionDigits: digits });
}

export function amount(text: string): string {
  return formatted(text, { maximumFractionDigits: 9 });
}

/** How much of a market's coin; which way, something beside it says. */
export function sized(base: string, market: string): string {
  return `${amount(base.replace("-", ""))} ${market.replace("-PERP", "")}`;
}

export function percent(value: number | string, digits = 2): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${typeof value === "string" ? formatted(value, options) : numberFormat(options).format(value)} %`;
}

export function signedPercent(text: string): string {
  return `${formatted(text, { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" })} %`;
}

export function toneOf(text: string): "good" | "bad" | "plain" {
  return Number(text) > 0 ? "good" : Number(text) < 0 ? "bad" : "plain";
}

/** A sentence whose figures are not parted from their units at the end of a line. */
export function unbroken(text: string): string {
  return text.replaceAll(/(\d) (?=%|bps\b|[A-Z]{2,6}\b)/g, "$1\u00a0");
}

export function count(number: number): string {
  return numberFormat({}).format(number);
}

/** A percentage in a column: beyond a hundred its parts say nothing. */
export function away(value: number): string {
  return percent(value, value >= 100 ? 0 : 2);
}

/** How far away, in percent of where it is now; for showing and sorting only. */
export function distancePercent(now: string, there: string): number {
  return (100 * Math.abs(Number(now) - Number(there))) / Number(now);
}

export function clock(iso: string, zone: string): string {
  return timeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(iso));
}

/** The day that it is in *zone*: `2026-11-27`, as the API names days. */
export function dayOf(when: Date, zone: string): string {
  return timeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(when);
}

/** The time alone today, with its day otherwise. */
export function moment(iso: string, zone: string, now: Date = new Date()): string {
  const at = new Date(iso);
  if (dayOf(at, zone) === dayOf(now, zone)) return clock(iso, zone);
  const options = { timeZone: zone, day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" } as const;
  return timeFormat("en-GB", options).format(at);
}
