/** What the account page asks of the API, for the owner alone. */
import { queryOptions } from "@tanstack/react-query";
import { ask, type Schemas } from "../api/client";
import type { Proof } from "../signin/proof";

export type Approval = Schemas["ApprovalOut"];
export type Done = Schemas["DoneOut"];
export type Limits = Schemas["LimitsOut"];

export const owned = {
  wallets: queryOptions({ queryKey: ["wallets"], queryFn: () => ask<Schemas["WalletsOut"]>("GET", "/api/wallets") }),
  approvals: queryOptions({ queryKey: ["approvals"], queryFn: () => ask<Schemas["ApprovalsOut"]>("GET", "/api/approvals") }),
  links: queryOptions({ queryKey: ["links"], queryFn: () => ask<Schemas["LinksOut"]>("GET", "/api/links"), refetchInterval: 2_000 }),
  limits: queryOptions({ queryKey: ["limits"], queryFn: () => ask<Limits>("GET", "/api/limits") }),
  keys: queryOptions({ queryKey: ["keys"], queryFn: () => ask<Schemas["KeysOut"]>("GET", "/api/api-keys") }),
  sessions: queryOptions({ queryKey: ["sessions"], queryFn: () => ask<Schemas["SessionOut"][]>("GET", "/api/auth/sessions") }),
  audit: queryOptions({ queryKey: ["audit"], queryFn: () => ask<Schemas["AuditOut"]>("GET", "/api/audit") }),
};

export const acts = {
  walletChallenge: (address: string) => ask<Schemas["ChallengeOut"]>("POST", "/api/wallets/challenge", { address }),
  addWallet: (proof: Proof) => ask<Done>("POST", "/api/wallets", proof),
  removeWallet: (address: string) => ask<Done>("DELETE", `/api/wallets/${address}`),
  approvalChallenge: (id: string) => (address: string) => ask<Schemas["ChallengeOut"]>("POST", `/api/approvals/${id}/challenge`, { address }),
  approve: (id: string, proof: Proof) => ask<Done>("POST", `/api/approvals/${id}/sign`, proof),
  decline: (id: string) => ask<void>("POST", `/api/approvals/${id}/decline`),
  offerLink: () => ask<Schemas["CodeOut"]>("POST", "/api/links"),
  settleClaim: (id: string, agree: boolean) => ask<void>("POST", `/api/links/${id}`, { agree }),
  removeLink: (channel: string, address: string) => ask<void>("DELETE", `/api/links/${channel}/${encodeURIComponent(address)}`),
  changeLimits: (changes: Schemas["LimitsIn"]) => ask<Limits>("PATCH", "/api/limits", changes),
  makeKey: (key: Schemas["KeyIn"]) => ask<Done>("POST", "/api/api-keys", key),
  revokeKey: (id: string) => ask<void>("DELETE", `/api/api-keys/${id}`),
  endSession: (id: string) => ask<void>("DELETE", `/api/auth/sessions/${id}`),
  askExport: () => ask<Done>("POST", "/api/account/export"),
  deleteAccount: () => ask<Done>("DELETE", "/api/account"),
  signOutEverywhere: () => ask<void>("POST", "/api/auth/sign-out-everywhere"),
};
