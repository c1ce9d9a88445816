/** What waits for a signature of one of the owner's wallets. */
import { useQuery } from "@tanstack/react-query";
import { Elsewhere } from "../signin/Elsewhere";
import { prove } from "../signin/proof";
import { type Usable, useWallets } from "../signin/wallets";
import { clock } from "../ui/figures";
import { Button, Failure, Panel } from "../ui/parts";
import { useZone } from "../ui/zone";
import { acts, type Approval, owned } from "./asks";
import { useAct } from "./useAct";

export function Approvals() {
  const waiting = useQuery(owned.approvals);
  const found = waiting.data?.approvals ?? [];
  if (waiting.isError) return <Failure error={waiting.error} again={() => void waiting.refetch()} />;
  if (found.length === 0) return null;
  return (
    <Panel title="Waits for your signature">
      <ul className="divide-y divide-line">
        {found.map((approval) => (
          <Waits key={approval.id} approval={approval} />
        ))}
      </ul>
    </Panel>
  );
}

function Waits({ approval }: { approval: Approval }) {
  const zone = useZone();
  const wallets = useWallets();
  const sign = useAct(async (wallet: Usable) => acts.approve(approval.id, await prove(wallet, acts.approvalChallenge(approval.id))));
  const decline = useAct(() => acts.decline(approval.id));
  const busy = sign.isPending || decline.isPending;
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
      <div className="min-w-0 grow basis-64">
        <p className="break-words">{approval.summary}</p>
        <p className="text-xs text-soft">until {clock(approval.expires_at, zone)}</p>
        {wallets.length === 0 && <Elsewhere then="you can sign it here" />}
        {sign.isError && <Failure error={sign.error} />}
        {decline.isError && <Failure error={decline.error} />}
      </div>
      <div className="flex flex-wrap gap-2">
        {wallets.map((wallet) => (
          <Button key={wallet.name} weight="main" busy={busy} onClick={() => sign.mutate(wallet)}>
            Sign with {wallet.name}
          </Button>
        ))}
        <Button busy={busy} onClick={() => decline.mutate(undefined)}>
          Decline
        </Button>
      </div>
    </li>
  );
}
