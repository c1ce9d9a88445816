/** Living inside Telegram: its colours, and telling it that we are there.

The apps put a bridge into the page; the web client is the page around ours, and talks by messages.

The script that Telegram offers for this is not loaded: our policy lets no foreign script in, and this is all we need. */

import { FRAMED } from "../api/access";
import { show } from "../ui/shade";

interface Proxy {
  postEvent: (name: string, detail: string) => void;
}

const COLOURS = { bg_color: "ground", secondary_bg_color: "panel", section_bg_color: "panel", text_color: "ink" } as const;
/** The only page that may frame us (api/policy.py says so to the browser). */
const WEB_CLIENT = "https://web.telegram.org";

/** Look like the Telegram around us: in its own colours where it is dark, in ours where it is light, for contrast comes first. */
export function settle(theme: string): void {
  dress(theme);
  post("web_app_ready", {});
  post("web_app_expand", {});
  post("web_app_setup_swipe_behavior", { allow_vertical_swipe: false }); // dragging a line must not close us
  const style = getComputedStyle(document.documentElement);
  for (const part of ["header", "background", "bottom_bar"]) post(`web_app_set_${part}_color`, { color: style.getPropertyValue("--color-ground").trim() });
  const view = (window as { Telegram?: { WebView?: unknown } }).Telegram ?? {};
  Object.assign(window, { Telegram: { ...view, WebView: { receiveEvent: hear } } });
  addEventListener("message", (event) => {
    if (event.origin !== WEB_CLIENT || typeof event.data !== "string") return;
    try {
      const told = JSON.parse(event.data) as { eventType?: string; eventData?: Told | null } | null;
      if (typeof told?.eventType === "string") hear(told.eventType, told.eventData ?? null);
    } catch {
      // not for us
    }
  });
}

interface Told {
  height?: number;
  is_state_stable?: boolean;
  theme_params?: unknown;
}

function hear(name: string, detail: Told | null): void {
  if (name === "theme_changed" && detail?.theme_params !== undefined) dress(JSON.stringify(detail.theme_params));
  if (name === "viewport_changed" && detail?.is_state_stable === true && typeof detail.height === "number") document.documentElement.style.setProperty("--app-height", `${detail.height}px`);
}

function dress(theme: string): void {
  let given: unknown;
  try {
    given = JSON.parse(theme);
  } catch {
    return;
  }
  const colours = (given ?? {}) as Record<string, unknown>;
  const ground = colours["bg_color"];
  if (typeof ground !== "string") return;
  const { style } = document.documentElement;
  for (const [theirs, ours] of Object.entries(COLOURS)) {
    const colour = dark(ground) ? colours[theirs] : undefined;
    if (typeof colour === "string" && /^#[0-9a-f]{6}$/i.test(colour)) style.setProperty(`--color-${ours}`, colour);
    else style.removeProperty(`--color-${ours}`);
  }
  show(light(ground) ? "light" : "dark");
}

/** Dark enough that every ink of ours keeps its contrast on it. */
function dark(colour: unknown): boolean {
  if (typeof colour !== "string" || !/^#[0-9a-f]{6}$/i.test(colour)) return false;
  return [1, 3, 5].every((place) => Number.parseInt(colour.slice(place, place + 2), 16) <= 0x28);
}

function light(colour: string): boolean {
  return /^#[0-9a-f]{6}$/i.test(colour) && [1, 3, 5].every((place) => Number.parseInt(colour.slice(place, place + 2), 16) >= 0x80);
}

function post(name: string, detail: object): void {
  const bridge = (window as { TelegramWebviewProxy?: Proxy }).TelegramWebviewProxy;
  if (bridge !== undefined) bridge.postEvent(name, JSON.stringify(detail));
  else if (FRAMED) window.parent.postMessage(JSON.stringify({ eventType: name, eventData: detail }), WEB_CLIENT);
}
