/** What has just happened, told on whichever page one is: for a moment, in a corner, and aloud to those who listen. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { usePath } from "../address";
import { inbox } from "../api/inbox";
import { ink } from "../ui/parts";

const SHOWN_MS = 8_000;
const MOST = 3;
/** What is no news on a page that lists it, or that somebody just did themselves there. */
const TOLD = /^(order\.(filled|partially_filled|rejected|denied|lapsed|unknown)|rule\.(triggered|failed|missed)|position\.(endangered|liquidated)|venue\.|price\.|account\.(drawdown_reached|killed|delegate_revoked|approval_requested)|job\.dead_lettered)/;

export function News() {
  const path = usePath();
  const notices = useInfiniteQuery(inbox);
  const [since] = useState(() => new Date().toISOString());
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const fresh = (notices.data?.pages[0]?.rows ?? []).filter((notice) => notice.at > since && TOLD.test(notice.name) && !gone.has(notice.id)).slice(0, MOST);
  const ids = fresh.map((notice) => notice.id).join(" ");
  useEffect(() => {
    if (ids === "") return undefined;
    const timer = setTimeout(() => setGone((known) => new Set([...known, ...ids.split(" ")])), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [ids]);
  return (
    // Nothing in it takes a click: what lies beneath can be used.
    <div role="status" aria-label="Just now" className="pointer-events-none fixed inset-x-3 bottom-[calc(4.5rem+env(safe-area-inset-bottom))] z-20 flex flex-col items-end gap-2 max-md:[&>*:not(:first-child)]:hidden md:bottom-4">
      {path !== "/" &&
        fresh.map((notice) => (
          <div key={notice.id} className="max-w-96 rounded-md border border-edge bg-raised px-4 py-2 shadow-lg">
            <p className={`font-medium break-words ${ink(notice.tone)}`}>{notice.title}</p>
            {notice.lines[0] !== undefined && <p className="line-clamp-2 text-xs text-soft">{notice.lines[0]}</p>}
          </div>
        ))}
    </div>
  );
}
