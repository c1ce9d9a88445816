/** Dark or light: as was chosen in this browser, or as the device has it. The page is dark until somebody says otherwise.

`public/shade.js` puts it on before the first picture, so that nobody is blinded by the other one. */
import { useSyncExternalStore } from "react";

export const SHADES = ["dark", "light", "device"] as const;
export type Wish = (typeof SHADES)[number];

const KEPT = "saywhen.shade";
const root = document.documentElement;
const bright = matchMedia("(prefers-color-scheme: light)");
const listeners = new Set<() => void>();

export function wished(): Wish {
  const kept = stored();
  return SHADES.find((one) => one === kept) ?? "dark";
}

export function wish(shade: Wish): void {
  try {
    localStorage.setItem(KEPT, shade);
  } catch {
    // a browser that keeps nothing shows it until it is left
  }
  show(shade === "device" ? (bright.matches ? "light" : "dark") : shade);
}

/** Put *shade* on the page without anybody having chosen it. */
export function show(shade: "dark" | "light"): void {
  if (root.dataset["shade"] === shade) return;
  root.dataset["shade"] = shade;
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", getComputedStyle(root).getPropertyValue("--color-ground").trim());
  for (const tell of listeners) tell();
}

bright.addEventListener("change", () => wished() === "device" && show(bright.matches ? "light" : "dark"));

export function useShade(): string {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => root.dataset["shade"] ?? "dark",
  );
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}
