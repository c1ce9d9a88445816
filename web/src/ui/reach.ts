/** In a long list Tab reaches the things of one row, and the arrow keys go from row to row; else a thousand rows were in the way. */
import { createContext, type KeyboardEvent, useContext } from "react";

/** Whether Tab comes here: undefined where it does, -1 in the rows that are not at hand. */
const Reach = createContext<-1 | undefined>(undefined);
export const Reached = Reach.Provider;

export function useReach(): -1 | undefined {
  return useContext(Reach);
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

/** Which row a key leads to from *at* of *count*; null where the key is not ours. */
export function stepOf(event: KeyboardEvent, at: number, count: number): number | null {
  const step = STEPS[event.key];
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return null;
  return Math.max(0, Math.min(count - 1, at + step));
}

/** Focus in *row* what stands where *from* stands in its own row. */
export function focusLike(row: HTMLElement, from: HTMLElement | null): void {
  const things = [...row.querySelectorAll<HTMLElement>("button:not([disabled]), a[href], input:not([disabled])")];
  (things.find((one) => said(one) === said(from)) ?? things[0])?.focus();
}

function said(one: HTMLElement | null): string {
  return one?.dataset["thing"] ?? one?.firstChild?.textContent ?? "";
}
