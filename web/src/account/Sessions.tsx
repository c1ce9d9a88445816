/** Where the owner is signed in, and ending that. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { moment } from "../ui/figures";
import { Button, Chip, Failure, Panel, Waiting } from "../ui/parts";
import { useZone } from "../ui/zone";
import { acts, owned } from "./asks";
import { useAct } from "./useAct";

export function Sessions() {
  const zone = useZone();
  const client = useQueryClient();
  const sessions = useQuery(owned.sessions);
  const end = useAct(acts.endSession);
  const all = useAct(
    () => acts.signOutEverywhere(),
    () => void client.resetQueries({ queryKey: ["me"] }),
  );
  const failed = end.error ?? all.error;
  return (
    <Panel
      title="Signed in"
      aside={
        <Button weight="danger" className="!min-h-7 !py-0.5 text-xs" busy={all.isPending} onClick={() => all.mutate(undefined)}>
          Sign out everywhere
        </Button>
      }
    >
      {sessions.isPending && <Waiting what="sessions" />}
      {sessions.isError && <Failure error={sessions.error} again={() => void sessions.refetch()} />}
      {failed !== null && <Failure error={failed} />}
      <ul className="divide-y divide-line">
        {sessions.data?.map((session) => (
          <li key={session.id} className="flex flex-wrap items-center justify-between gap-2 px-4 py-2.5">
            <span>
              {howSaid(session.how)} {session.current && <Chip tone="good">here</Chip>}
              <span className="block text-xs text-soft">
                since {moment(session.created_at, zone)}, until {moment(session.expires_at, zone)}
              </span>
            </span>
            {!session.current && (
              <Button busy={end.isPending} onClick={() => end.mutate(session.id)}>
                Sign out<span className="sr-only"> the session since {moment(session.created_at, zone)}</span>
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function howSaid(how: string): string {
  const [kind = how, ...rest] = how.split(" ");
  const said = { paper: "On paper", wallet: "With the wallet", link: "With a link", telegram: "In Telegram" }[kind] ?? kind;
  return [said, ...rest.map((part) => (part.length > 20 ? `${part.slice(0, 4)}…${part.slice(-4)}` : part))].join(" ");
}
