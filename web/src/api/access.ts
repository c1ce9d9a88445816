/** How this page proves who it is: by cookies that no script can read, or in a frame by tokens that its memory alone holds.

Telegram's web client shows the Mini App in a frame of its own page, where no cookie of ours comes along. */
import type { Schemas } from "./client";
import { API } from "./places";

export const FRAMED = window.parent !== window;
/** Where the API is to put tokens. */
export const DELIVER = FRAMED ? "body" : "cookie";
export const CREDENTIALS: RequestCredentials = FRAMED ? "omit" : API === "" ? "same-origin" : "include";

let tokens: { access: string; refresh: string } | null = null;
let csrf = "";

/** What signing in, or renewing, gave. */
export function keep(given: Schemas["SignedInOut"]): Schemas["SignedInOut"] {
  csrf = given.csrf_token;
  if (FRAMED && given.access_token != null && given.refresh_token != null) tokens = { access: given.access_token, refresh: given.refresh_token };
  return given;
}

/** An API on another host has a cookie that this page cannot read, and tells what is in it. */
export function keepCsrf(given: Schemas["CallerOut"]): Schemas["CallerOut"] {
  csrf = given.csrf_token ?? "";
  return given;
}

export function forget(): void {
  tokens = null;
  csrf = "";
}

/** The headers that go with a request. */
export function proof(method: string): Record<string, string> {
  if (tokens !== null) return { authorization: `Bearer ${tokens.access}` };
  if (method === "GET") return {};
  const readable = API === "" ? cookie("saywhen_csrf") : "";
  return { "x-csrf-token": readable === "" ? csrf : readable };
}

export function protocols(): string[] {
  return tokens === null ? ["saywhen.v1"] : ["saywhen.v1", `bearer.${tokens.access}`];
}

/** What renewing is asked with; null where there is nothing to renew with. */
export function renewal(): Schemas["RefreshIn"] | null {
  if (!FRAMED) return { deliver: "cookie" };
  return tokens === null ? null : { deliver: "body", refresh_token: tokens.refresh };
}

function cookie(name: string): string {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found === undefined ? "" : found.slice(name.length + 1);
}
