/** Which page is shown, kept in the browser's address bar. */
import { useSyncExternalStore } from "react";

const MOVED = "saywhen:moved";

export function go(path: string): void {
  if (path === location.pathname) return;
  history.pushState(null, "", path);
  dispatchEvent(new Event(MOVED));
  scrollTo(0, 0);
  document.getElementById("page")?.focus();
}

/** Leave what the address carried behind, without a new entry in the history. */
export function become(path: string): void {
  history.replaceState(null, "", path);
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
  return useSyncExternalStore(subscribe, () => location.pathname);
}
