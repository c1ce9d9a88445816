/** The inbox, newest first, page by page; what is new is put in front without reading the rest again. */
import { type InfiniteData, infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { ask, type Schemas } from "./client";
import { type Leaf, spliced } from "./pages";

export type Notice = Schemas["NoticeOut"];

const LENGTH = 100;

async function page(before: string): Promise<Leaf<Notice>> {
  const query = new URLSearchParams({ order: "newest", limit: String(LENGTH), ...(before === "" ? {} : { before }) });
  const got = await ask<Schemas["NoticesOut"]>("GET", `/api/notifications?${query}`);
  return { rows: got.notifications, next: got.next ?? null };
}

export const inbox = infiniteQueryOptions({
  queryKey: ["notices"],
  queryFn: ({ pageParam }) => page(pageParam),
  initialPageParam: "",
  getNextPageParam: (leaf: Leaf<Notice>) => leaf.next,
  staleTime: Infinity,
  structuralSharing: false,
});

export async function freshenInbox(client: QueryClient): Promise<void> {
  if (client.getQueryData(inbox.queryKey) === undefined) return;
  const fresh = await page("").catch(() => null); // the next event asks again
  if (fresh === null) return;
  const kept = client.getQueryData<InfiniteData<Leaf<Notice>, string>>(inbox.queryKey);
  if (kept === undefined) return;
  const pages = spliced(kept.pages, fresh, (notice) => notice.id);
  if (pages === null) await client.invalidateQueries({ queryKey: inbox.queryKey });
  else client.setQueryData(inbox.queryKey, { ...kept, pages });
}
