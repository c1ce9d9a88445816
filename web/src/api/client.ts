/** One way to the API: proof of who asks, access renewed on the way, and errors that a person can read. */
import type { components } from "@schema";
import { CREDENTIALS, FRAMED, keep, proof, renewal } from "./access";
import { API } from "./places";

export type Schemas = components["schemas"];

/** What the API, or the way to it, said no with. */
export class Problem extends Error {
  override readonly name = "Problem";
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly hint: string = "",
  ) {
    super(detail);
  }
}

const TIMEOUT_MS = 20_000;
const REFRESHED_KEY = "saywhen.refreshed";
const JUST_NOW_MS = 20_000;

const OFFLINE = ["SayWhen does not answer.", "Check your connection and that it runs; your rules go on without this page."] as const;

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json", ...proof(method) };
  if (body !== undefined) headers["content-type"] = "application/json";
  try {
    return await fetch(API + path, {
      method,
      headers,
      credentials: CREDENTIALS,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError") {
      const doubt = method === "GET" ? "Try again." : "Look whether it happened before you try again.";
      throw new Problem(0, "timed_out", "No answer came in time.", doubt);
    }
    throw new Problem(0, "offline", ...OFFLINE);
  }
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const said = (await response.json()) as Partial<Schemas["Problem"]>;
    if (typeof said.detail === "string" && typeof said.code === "string") {
      return new Problem(response.status, said.code, said.detail, said.hint ?? "");
    }
  } catch {
    // not ours: a proxy's page, or nothing
  }
  return new Problem(response.status, "unreadable", `SayWhen answered ${response.status} without a reason.`, "Try again in a moment.");
}

let renewing: Promise<boolean> | null = null;

/** New access for this browser's session; true if there is one now. A used refresh token ends the session, so tabs take turns. */
export function renew(): Promise<boolean> {
  renewing ??= (FRAMED ? renewHere() : takingTurns(renewHere)).finally(() => {
    renewing = null;
  });
  return renewing;
}

async function renewHere(): Promise<boolean> {
  const asked = renewal();
  if (asked === null) return false;
  // Another tab may have done it for all of them; a frame has its access to itself.
  if (!FRAMED && Date.now() - Number(localStorage.getItem(REFRESHED_KEY) ?? 0) < JUST_NOW_MS) return true;
  const response = await send("POST", "/api/auth/refresh", asked);
  if (response.ok) {
    keep((await response.json()) as Schemas["SignedInOut"]);
    if (!FRAMED) localStorage.setItem(REFRESHED_KEY, String(Date.now()));
  } else if (response.status !== 401 && response.status !== 403) throw await problemOf(response);
  return response.ok;
}

async function takingTurns(work: () => Promise<boolean>): Promise<boolean> {
  // Only secure pages have locks; elsewhere one tab has to do.
  return "locks" in navigator ? await navigator.locks.request("saywhen.refresh", work) : await work();
}

/** Ask the API; the answer's body, or a Problem. Access that ran out is renewed once on the way. */
export async function ask<T>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<T> {
  let response = await send(method, path, body);
  const signingIn = path.startsWith("/api/auth/") && path !== "/api/auth/me" && path !== "/api/auth/sign-out";
  if (response.status === 401 && !signingIn && (await renew())) response = await send(method, path, body);
  if (!response.ok) throw await problemOf(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, "unexpected", error instanceof Error && error.message !== "" ? error.message : "Something went wrong on this page.", "Load the page anew.");
}
