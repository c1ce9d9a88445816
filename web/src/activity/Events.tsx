/** What the owner was told, newest first, by kind and by word. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { inbox, type Notice } from "../api/inbox";
import { Field, Select } from "../ui/fields";
import { Button, Empty, Failure, Panel, Waiting } from "../ui/parts";
import { List } from "../ui/Rows";
import { Told } from "../ui/Told";
import { useZone } from "../ui/zone";

const KINDS = [
  ["", "Everything"],
  ["order.", "Orders and fills"],
  ["rule.", "Rules"],
  ["position.", "Positions"],
  ["price.", "Prices"],
  ["account.", "Account"],
] as const;

export function Events() {
  const zone = useZone();
  const notices = useInfiniteQuery(inbox);
  const { hasNextPage, isFetching, fetchNextPage } = notices;
  const all = useMemo(() => notices.data?.pages.flatMap((page) => page.rows) ?? [], [notices.data]);
  const [kind, setKind] = useState("");
  const [words, setWords] = useState("");
  const shown = useMemo(() => all.filter((notice) => notice.name.startsWith(kind) && says(notice, words)), [all, kind, words]);
  return (
    <Panel title="Events" aside={<span className="text-xs text-soft">times in {zone}</span>}>
      <div className="grid grid-cols-2 gap-3 border-b border-line px-4 py-3 sm:flex">
        <Select label="Kind" className="sm:w-48" value={kind} onChange={(event) => setKind(event.target.value)} options={KINDS} />
        <Field label="With the words" className="sm:w-64" value={words} onChange={(event) => setWords(event.target.value)} />
      </div>
      {notices.isPending && <Waiting what="events" />}
      {notices.isError && <Failure error={notices.error} again={() => void notices.refetch()} />}
      {notices.data !== undefined && shown.length === 0 && !hasNextPage && <Empty title={all.length === 0 ? "Nothing happened yet." : "Nothing like that happened."} />}
      {shown.length < 20 && hasNextPage && (
        <p className="px-4 py-3">
          <Button busy={isFetching} onClick={() => void fetchNextPage()}>
            Look further back
          </Button>
        </p>
      )}
      {shown.length > 0 && <List label="Events" items={shown} keyOf={(notice) => notice.id} estimate={62} onEnd={hasNextPage && !isFetching ? () => void fetchNextPage() : undefined} render={(notice) => <Told notice={notice} zone={zone} />} />}
    </Panel>
  );
}

function says(notice: Notice, words: string): boolean {
  const sought = words.trim().toLocaleLowerCase();
  return sought === "" || [notice.title, ...notice.lines].some((line) => line.toLocaleLowerCase().includes(sought));
}
