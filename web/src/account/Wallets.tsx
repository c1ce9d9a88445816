/** Wallets that sign in as the owner: linked by a signature, changed only by one. */
import { useQuery } from "@tanstack/react-query";
import { Elsewhere } from "../signin/Elsewhere";
import { prove } from "../signin/proof";
import { type Usable, useWallets } from "../signin/wallets";
import { moment } from "../ui/figures";
import { Button, Failure, Panel, Waiting } from "../ui/parts";
import { useZone } from "../ui/zone";
import { acts, owned } from "./asks";
import { useAct } from "./useAct";

export function Wallets() {
  const zone = useZone();
  const linked = useQuery(owned.wallets);
  const here = useWallets();
  const add = useAct(async (wallet: Usable) => acts.addWallet(await prove(wallet, acts.walletChallenge)));
  const remove = useAct(acts.removeWallet);
  const found = linked.data?.wallets ?? [];
  return (
    <Panel title="Wallets">
      {linked.isPending && <Waiting what="wallets" />}
      {linked.isError && <Failure error={linked.error} again={() => void linked.refetch()} />}
      {linked.data !== undefined && found.length === 0 && <p className="px-4 py-4 text-soft">No wallet is linked. With one you sign in anywhere, and nobody else raises your limits.</p>}
      <ul className="divide-y divide-line">
        {found.map((wallet) => (
          <li key={wallet.address} className="flex flex-wrap items-center justify-between gap-2 px-4 py-2.5">
            <span className="min-w-0">
              <code className="text-xs break-all">{wallet.address}</code>
              <span className="block text-xs text-soft">since {moment(wallet.created_at, zone)}</span>
            </span>
            <Button busy={remove.isPending} onClick={() => remove.mutate(wallet.address)}>
              Unlink<span className="sr-only"> {wallet.address}</span>
            </Button>
          </li>
        ))}
      </ul>
      <footer className="flex flex-wrap items-center gap-2 border-t border-line px-4 py-3">
        {here.map((wallet) => (
          <Button key={wallet.name} busy={add.isPending} onClick={() => add.mutate(wallet)}>
            Link {wallet.name}
          </Button>
        ))}
        <div className="text-xs text-soft">{here.length === 0 ? <Elsewhere then="you can link your wallet here" /> : "The wallet signs a text. Nothing moves, nothing is paid; SayWhen can never withdraw."}</div>
      </footer>
      {add.isError && <Failure error={add.error} />}
      {remove.isError && <Failure error={remove.error} />}
    </Panel>
  );
}
