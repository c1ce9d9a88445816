/** A way in that came with the address: a bot's one-time link, or what Telegram vouches for. */
import { deeds } from "../api/calls";
import { takeInitData } from "./miniapp";

/** How to sign in with it; null where nothing came. Secrets leave the address bar at once, whatever comes of them. */
export function takeBrought(): (() => Promise<unknown>) | null {
  const initData = takeInitData();
  if (initData !== null) return () => deeds.byTelegram(initData);
  const link = location.hash.slice(1);
  if (location.pathname !== "/sign-in" || link === "") return null;
  history.replaceState(null, "", "/sign-in");
  return () => deeds.byLink(link);
}
