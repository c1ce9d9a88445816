/** Which page is shown, kept in the browser's address bar. */
import { useMemo, useSyncExternalStore } from "react";

const MOVED = "saywhen:moved";
/** Telegram opens its Mini App under an address of its own, which its web client may show in a frame: every page stays under it. */
const UNDER = /^\/telegram(?=\/|$)/.exec(location.pathname)?.[0] ?? "";

/** A page's path as it stands in the address bar. */
export function addressOf(to: string): string {
  return UNDER + to;
}

/** *to* is a path, with its query where it has one. */
export function go(to: string): void {
  if (addressOf(to) === location.pathname + location.search) return;
  history.pushState(null, "", addressOf(to));
  dispatchEvent(new Event(MOVED));
  scrollTo(0, 0);
  document.getElementById("page")?.focus();
}

/** Leave what the address carried behind, without a new entry in the history. */
export function become(to: string): void {
  history.replaceState(null, "", addressOf(to));
  dispatchEvent(new Event(MOVED));
}

function subscribe(changed: () => void): () => void {
  addEventListener("popstate", changed);
  addEventListener(MOVED, changed);
  return () => {
    removeEventListener("popstate", changed);
    removeEventListener(MOVED, changed);
  };
}

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname.slice(UNDER.length) || "/");
}

export function useSearch(): URLSearchParams {
  const text = useSyncExternalStore(subscribe, () => location.search);
  return useMemo(() => new URLSearchParams(text), [text]);
}
