/** What the pages ask of the API, each once, with the key its answer is kept under. */
import { queryOptions } from "@tanstack/react-query";
import { DELIVER, forget, FRAMED, keep, keepCsrf } from "./access";
import { ask, Problem, type Schemas } from "./client";
import { API } from "./places";

export type Rule = Schemas["RuleOut"];
export type Draft = Schemas["DraftOut"];
export type Position = Schemas["PositionOut"];
export type Price = Schemas["PriceOut"];
export type Job = Schemas["JobOut"];
export type Worths = Schemas["WorthsOut"];
type Which = "live" | "all";

/** How many points make a day, a week, a month. */
const POINTS = { "5m": 288, "1h": 168, "4h": 180 } as const;

export const queries = {
  me: queryOptions({ queryKey: ["me"], queryFn: () => deeds.me(), retry: false, staleTime: Infinity }),
  account: queryOptions({ queryKey: ["account"], queryFn: () => ask<Schemas["AccountOut"]>("GET", "/api/account"), refetchInterval: 10_000 }),
  settings: queryOptions({ queryKey: ["settings"], queryFn: () => ask<Schemas["SettingsOut"]>("GET", "/api/settings"), staleTime: Infinity }),
  prices: queryOptions({ queryKey: ["prices"], queryFn: () => ask<Schemas["PricesOut"]>("GET", "/api/prices"), refetchInterval: 15_000 }),
  markets: queryOptions({ queryKey: ["markets"], queryFn: () => ask<Schemas["MarketsOut"]>("GET", "/api/markets"), staleTime: Infinity }),
  waiting: queryOptions({ queryKey: ["waiting"], queryFn: () => ask<Schemas["WaitsOut"]>("GET", "/api/trading/waiting"), refetchInterval: 60_000 }),
  jobs: queryOptions({ queryKey: ["jobs"], queryFn: () => ask<Schemas["JobsOut"]>("GET", "/api/jobs"), refetchInterval: 15_000 }),
  drafts: queryOptions({ queryKey: ["drafts"], queryFn: () => ask<Schemas["DraftsOut"]>("GET", "/api/drafts") }),
  pnl: queryOptions({ queryKey: ["pnl"], queryFn: () => ask<Schemas["PnlOut"]>("GET", "/api/pnl?by=day") }),
  health: queryOptions({
    queryKey: ["health"],
    queryFn: readiness,
    refetchInterval: 15_000,
  }),
  rules: (which: Which) =>
    queryOptions({ queryKey: ["rules", which], queryFn: () => ask<Schemas["RulesOut"]>("GET", `/api/rules?state=${which}`) }),
  logs: (ruleId: string) =>
    queryOptions({ queryKey: ["logs", ruleId], queryFn: () => ask<Schemas["JobLogsOut"]>("GET", `/api/jobs/${ruleId}/logs?limit=100`) }),
  letters: queryOptions({ queryKey: ["letters"], queryFn: () => ask<Schemas["LettersOut"]>("GET", "/api/dead-letters") }),
  origin: (number: number) => queryOptions({ queryKey: ["origin", number], queryFn: () => ask<Schemas["OriginOut"]>("GET", `/api/trades/${number}/origin`), staleTime: 60_000 }),
  worths: (timeframe: keyof typeof POINTS) =>
    queryOptions({ queryKey: ["worths", timeframe], queryFn: () => ask<Worths>("GET", `/api/account/history?timeframe=${timeframe}&limit=${POINTS[timeframe]}`), refetchInterval: 60_000 }),
};

/** Ready or not, the checks are the answer; only silence is an error. */
async function readiness(): Promise<Schemas["HealthOut"]> {
  const response = await fetch(`${API}/health/ready`, { signal: AbortSignal.timeout(10_000) });
  return (await response.json()) as Schemas["HealthOut"];
}

/** Sign in; what comes back is kept where it belongs. */
async function enter(how: "paper" | "link" | "wallet" | "telegram", body: object = {}): Promise<Schemas["SignedInOut"]> {
  return keep(await ask<Schemas["SignedInOut"]>("POST", `/api/auth/${how}`, { ...body, deliver: DELIVER }));
}

/** Have the browser fetch a file by itself. Raises Problem. */
export async function fetchFile(path: string): Promise<void> {
  if (FRAMED) throw new Problem(0, "framed", "A window inside Telegram takes no files.", "Send /web to the bot, open its link in a tab of its own, and export there.");
  await deeds.me(); // it would show a refusal instead of this page: so access is made sure of first
  location.assign(API + path);
}

export const deeds = {
  me: () => ask<Schemas["CallerOut"]>("GET", "/api/auth/me").then(keepCsrf),
  say: (said: { text: string } | { rules: Schemas["RuleSpec"][] }) => ask<Draft>("POST", "/api/rules", "text" in said ? { text: said.text.trim() } : said),
  draft: (id: string) => ask<Draft>("GET", `/api/drafts/${id}`),
  choose: (draft: Draft, question: number, option: number) =>
    ask<Draft>("POST", `/api/drafts/${draft.draft_id}/answer`, { option, question, revision: draft.revision }),
  answer: (draft: Draft, text: string) => ask<Draft>("POST", `/api/drafts/${draft.draft_id}/answer`, { text }),
  amend: (draft: Draft, text: string) => ask<Draft>("POST", `/api/drafts/${draft.draft_id}/amend`, { text }),
  confirm: (draft: Draft) => ask<Schemas["ConfirmedOut"]>("POST", `/api/drafts/${draft.draft_id}/confirm`, { revision: draft.revision }),
  cancel: (draft: Draft) => ask<Draft>("POST", `/api/drafts/${draft.draft_id}/cancel`),
  revise: (ruleId: string, body: { text: string } | { rule: Schemas["RuleSpec"] }) => ask<Draft>("PUT", `/api/rules/${ruleId}`, body),
  duplicate: (rule: Rule) => ask<Draft>("POST", `/api/rules/${rule.id}/duplicate`),
  bulk: (what: "pause" | "resume" | "cancel", ids: string[]) => ask<Schemas["RulesOut"]>("POST", "/api/rules/bulk", { do: what, ids }),
  closePosition: (market: string) => ask<Draft>("POST", `/api/positions/${market}/close`, {}),
  retryLetter: (id: number) => ask<Draft>("POST", `/api/dead-letters/${id}/retry`),
  discardLetter: (id: number) => ask<void>("DELETE", `/api/dead-letters/${id}`),
  cancelOrder: (id: string) => ask<Schemas["OrderOut"]>("DELETE", `/api/orders/${id}`),
  toggle: (rule: Rule) => ask<Rule>("POST", `/api/rules/${rule.id}/toggle`),
  remove: (rule: Rule) => ask<Rule>("DELETE", `/api/rules/${rule.id}`),
  pauseAll: () => ask<Schemas["PausedOut"]>("POST", "/api/pause"),
  resumeAll: () => ask<Schemas["PausedOut"]>("POST", "/api/resume"),
  setTimezone: (timezone: string) => ask<Schemas["SettingsOut"]>("PATCH", "/api/settings", { timezone }),
  onPaper: () => enter("paper"),
  byLink: (token: string) => enter("link", { token }),
  challenge: (address: string) => ask<Schemas["ChallengeOut"]>("POST", "/api/auth/challenge", { address }),
  byWallet: (proof: { nonce: string; signature: string } | { nonce: string; transaction: string }) => enter("wallet", proof),
  byTelegram: (initData: string) => enter("telegram", { init_data: initData }),
  signOut: () => ask<void>("POST", "/api/auth/sign-out").finally(forget),
};
