/** Being opened inside Telegram: what it hands over in the address. How to live there is loaded only there. */
import { FRAMED } from "../api/access";

const KEPT = "saywhen.telegram";

let themeInFrame: string | null = null;

/** What Telegram signed about who opened us; null anywhere else. Taken out of the address at once. */
export function takeInitData(): string | null {
  const handed = new URLSearchParams(location.hash.slice(1));
  const initData = handed.get("tgWebAppData");
  if (initData === null) return null;
  if (FRAMED) themeInFrame = handed.get("tgWebAppThemeParams") ?? "{}"; // a frame of another site may have no storage
  else sessionStorage.setItem(KEPT, handed.get("tgWebAppThemeParams") ?? "{}");
  history.replaceState(null, "", location.pathname);
  return initData;
}

export function settleIn(): void {
  const theme = FRAMED ? themeInFrame : sessionStorage.getItem(KEPT);
  if (theme === null) return;
  import("./inside").then(
    ({ settle }) => settle(theme),
    () => undefined, // it looks like itself, and works
  );
}
