/** The pages but Home, which comes with the first script: each is loaded once somebody is about to go there. */
import { Chart } from "./market/late";
import { late } from "./ui/late";

export const Say = late("Say when", async () => (await import("./say/Say")).Say);
export const Rules = late("your rules", async () => (await import("./rules/Rules")).Rules);
export const Market = late("the market", async () => (await import("./market/Market")).Market);
export const Activity = late("your activity", async () => (await import("./activity/Activity")).Activity);
export const Account = late("your account", async () => (await import("./account/Account")).Account);

const AFTER_MS = 4_000;

/** Bring all of them once the page has come to rest, so that they are there when SayWhen is not. Gives back how not to. */
export function fetchPages(): () => void {
  const { connection } = navigator as { connection?: { saveData?: boolean } };
  if (connection?.saveData === true) return () => undefined;
  const timer = setTimeout(() => {
    for (const part of [Say, Rules, Market, Activity, Account, Chart]) part.fetch().catch(() => undefined); // asked again when gone to
  }, AFTER_MS);
  return () => clearTimeout(timer);
}
