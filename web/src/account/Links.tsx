/** Chats that belong to the owner: a code from here, entered there, agreed to here. */
import { useQuery } from "@tanstack/react-query";
import { clock, moment } from "../ui/figures";
import { Button, Failure, Panel, Waiting } from "../ui/parts";
import { useZone } from "../ui/zone";
import { acts, owned } from "./asks";
import { useAct } from "./useAct";

const NAMES: Record<string, string> = { telegram: "Telegram", discord: "Discord", web: "Web", console: "Terminal", local: "Terminal" };

function named(channel: string): string {
  return NAMES[channel] ?? channel;
}

export function Links() {
  const zone = useZone();
  const links = useQuery(owned.links);
  const offer = useAct(() => acts.offerLink());
  const settle = useAct(({ id, agree }: { id: string; agree: boolean }) => acts.settleClaim(id, agree));
  const remove = useAct(({ channel, address }: { channel: string; address: string }) => acts.removeLink(channel, address));
  const failed = offer.error ?? settle.error ?? remove.error;
  return (
    <Panel
      title="Telegram and Discord"
      aside={
        <Button className="!min-h-7 !py-0.5 text-xs" busy={offer.isPending} onClick={() => offer.mutate(undefined)}>
          Link a chat
        </Button>
      }
    >
      {links.isPending && <Waiting what="links" />}
      {links.isError && <Failure error={links.error} again={() => void links.refetch()} />}
      {failed !== null && <Failure error={failed} />}
      {offer.data !== undefined && (
        <p role="status" className="border-b border-line px-4 py-3">
          Send this to the bot: <code className="rounded bg-raised px-2 py-1 text-base font-semibold select-all">/link {offer.data.code}</code>
          <span className="mt-1 block text-xs text-soft">Good until {clock(offer.data.expires_at, zone)}. Whoever sends it shows up here, and you agree or refuse.</span>
        </p>
      )}
      <ul className="divide-y divide-line">
        {links.data?.claims.map((claim) => (
          <li key={claim.id} className="flex flex-wrap items-center justify-between gap-2 bg-warn/5 px-4 py-2.5">
            <span className="min-w-0 break-words">
              {named(claim.channel)} {claim.address} sent your code. Is that you?
            </span>
            <span className="flex gap-2">
              <Button weight="main" busy={settle.isPending} onClick={() => settle.mutate({ id: claim.id, agree: true })}>
                Yes, link it
              </Button>
              <Button busy={settle.isPending} onClick={() => settle.mutate({ id: claim.id, agree: false })}>
                No
              </Button>
            </span>
          </li>
        ))}
        {links.data?.links.map((link) => (
          <li key={`${link.channel} ${link.address}`} className="flex flex-wrap items-center justify-between gap-2 px-4 py-2.5">
            <span className="min-w-0 break-words">
              <span className="font-medium">{named(link.channel)}</span> {link.address}
              <span className="block text-xs text-soft">since {moment(link.created_at, zone)}</span>
              {link.dead_since && (
                <span className="block text-xs text-warn">
                  Takes no messages since {moment(link.dead_since, zone)}
                  {link.dead_reason ? ` (${link.dead_reason})` : ""}. Write to the bot there, and it tells you again.
                </span>
              )}
            </span>
            <Button busy={remove.isPending} onClick={() => remove.mutate(link)}>
              Unlink<span className="sr-only"> {named(link.channel)} {link.address}</span>
            </Button>
          </li>
        ))}
      </ul>
      {links.data?.links.length === 0 && links.data.claims.length === 0 && <p className="px-4 py-4 text-soft">No chat is linked. Linked, it tells you of every fill and takes your words.</p>}
      <p className="border-t border-line px-4 py-3 text-xs text-soft">
        The other way round: send <code className="text-ink">/web</code> to the bot, and its one-time link signs you in here as yourself.
      </p>
    </Panel>
  );
}
