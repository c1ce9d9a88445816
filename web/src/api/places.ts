/** Where the API and its socket are: where the page came from, unless whoever built or serves the page names another place. */

/** "" where nothing was filled in. */
function named(what: string): string {
  const said = document.querySelector(`meta[name="saywhen-${what}"]`)?.getAttribute("content") ?? "";
  return said.startsWith("%") ? "" : said.replace(/\/$/, "");
}

const api = named("api");

/** What stands before every path of the API: "" where it is the page's own place. */
export const API = api === location.origin ? "" : api;

export function socketAddress(): string {
  const ws = named("ws");
  return ws === "" ? `${(API === "" ? location.origin : API).replace(/^http/, "ws")}/ws` : ws;
}
