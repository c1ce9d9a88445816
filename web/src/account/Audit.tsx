/** Sensitive acts in the owner's name, so that one that was not theirs is seen. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { moment } from "../ui/figures";
import { Button, Failure, Panel, Waiting } from "../ui/parts";
import { useZone } from "../ui/zone";
import { owned } from "./asks";

const FEW = 6;
const SAID: Record<string, string> = {
  "session.began": "Signed in",
  "session.ended": "Signed out",
  "session.ended_all": "Signed out everywhere",
  "session.reused": "A used-up sign-in was tried again, and ended",
  raise_limits: "Limits raised",
  lower_limits: "Limits lowered",
  link_wallet: "A wallet was linked",
  unlink_wallet: "A wallet was unlinked",
  api_key: "An API key was made",
  "api_key.revoked": "An API key was revoked",
  link: "A chat was linked, or refused",
  unlink: "A chat was unlinked",
  trading_wallet: "Which wallet is traded, and by whom, was chosen",
  wallet_set_up: "A wallet let us trade, or opened its account",
  wallet_revoke: "A wallet withdrew the permission to trade",
  wallet_take_off: "A wallet took an order off",
  order_signed: "A wallet signed an order",
  kill: "Everything was stopped",
  auto_confirm: "A key confirmed a rule by itself",
  export: "An export was allowed",
  exported: "Everything was exported",
};

export function Audit() {
  const zone = useZone();
  const audit = useQuery(owned.audit);
  const [whole, setWhole] = useState(false);
  const lines = audit.data?.audit ?? [];
  return (
    <Panel title="What was done in your name">
      {audit.isPending && <Waiting what="what was done" />}
      {audit.isError && <Failure error={audit.error} again={() => void audit.refetch()} />}
      {audit.data !== undefined && lines.length === 0 && <p className="px-4 py-4 text-soft">Nothing sensitive yet: limits, wallets, keys and links are noted here.</p>}
      <ol className="divide-y divide-line">
        {lines.slice(0, whole ? lines.length : FEW).map((line) => (
          <li key={`${line.at} ${line.act}`} className="flex justify-between gap-3 px-4 py-2">
            <span className="min-w-0 break-words">{SAID[line.act] ?? line.act.replaceAll(/[._]/g, " ")}</span>
            <time dateTime={line.at} className="shrink-0 text-xs text-soft">
              {moment(line.at, zone)}
            </time>
          </li>
        ))}
      </ol>
      {lines.length > FEW && !whole && (
        <p className="border-t border-line px-4 py-2">
          <Button onClick={() => setWhole(true)}>All {lines.length}</Button>
        </p>
      )}
    </Panel>
  );
}
