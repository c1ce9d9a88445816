/** Times as a person's clock on the wall shows them, in the owner's zone and not the device's. */

/** As an `<input type="datetime-local">` has it; "" for what is no time. */
export function wall(iso: string, zone: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }).formatToParts(at);
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === name)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}`;
}

/** The instant at which the wall's clock shows *local*; the earlier where it shows it twice. */
export function instant(local: string, zone: string): string {
  const guess = Date.parse(`${local}:00Z`);
  if (Number.isNaN(guess)) return "";
  const offsetAt = (ms: number) => Date.parse(`${wall(new Date(ms).toISOString(), zone)}:00Z`) - ms;
  const first = guess - offsetAt(guess);
  return new Date(guess - offsetAt(first)).toISOString();
}
