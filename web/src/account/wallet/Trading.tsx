/** The account that is traded: whose it is, who signs for it, what the chain says, and how to set it up or take it back. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { queries } from "../../api/calls";
import { amount } from "../../ui/figures";
import { Field, Segments } from "../../ui/fields";
import { Button, Chip, Failure, Panel, type Tone, Waiting } from "../../ui/parts";
import { useAct } from "../useAct";
import { type How, type Seat, seat, trading } from "./asks";
import { SignSheet } from "./SignSheet";

type Known = NonNullable<Seat["standing"]>;
const CHIP: Record<Known, [Tone, string]> = {
  unlinked: ["plain", "No wallet"],
  unchosen: ["plain", "Play account"],
  imported: ["good", "Imported key"],
  no_account: ["warn", "Not set up"],
  undelegated: ["warn", "Not delegated"],
  delegated: ["good", "Delegated"],
  revoked: ["bad", "Permission withdrawn"],
  approve: ["good", "You sign each order"],
};

export function Trading() {
  const found = useQuery(seat);
  if (found.data?.possible === false) return null;
  const standing = found.data?.standing;
  return (
    <Panel title="Trading account" aside={standing != null && <Chip tone={CHIP[standing][0]}>{CHIP[standing][1]}</Chip>}>
      {found.isPending && <Waiting what="the account" />}
      {found.isError && <Failure error={found.error} again={() => void found.refetch()} />}
      {found.data !== undefined && <Told seat={found.data} />}
      <NetworkFees />
    </Panel>
  );
}

/** What the network took so far: the venue's own fees stand with each trade. */
function NetworkFees() {
  const { data: account } = useQuery(queries.account);
  const fees = account?.network_fees;
  if (fees == null) return null;
  const none = fees.transactions === 0;
  return (
    <p className="border-t border-line px-4 py-3 text-xs text-soft">
      Network fees so far: <span className="font-medium text-ink">{none ? "none" : `${amount(fees.sol)} SOL`}</span>
      {!none && ` for ${fees.transactions === 1 ? "one transaction" : `${fees.transactions} transactions`}`}. {none ? "SayWhen\u2019s key pays them" : "SayWhen\u2019s key paid them"}; nothing of it comes out of your collateral.
    </p>
  );
}

function Told({ seat: told }: { seat: Seat }) {
  switch (told.standing) {
    case "unlinked":
      return <Says>Link a wallet above to trade your own account at {told.venue}.</Says>;
    case "imported":
      return <Says>Whoever runs this SayWhen imported a wallet's key; it trades as that wallet, {told.key}.</Says>;
    case "unchosen":
      return <Choose told={told} />;
    default:
      return told.address == null ? null : <Chosen told={told} address={told.address} />;
  }
}

function Says({ children }: { children: ReactNode }) {
  return <p className="px-4 py-3 break-words text-soft">{children}</p>;
}

function useRefreshed() {
  const client = useQueryClient();
  return () => Promise.all(["seat", "waiting", "account", "rules"].map((key) => client.invalidateQueries({ queryKey: [key] })));
}

function Choose({ told }: { told: Seat }) {
  const refreshed = useRefreshed();
  const choose = useAct(async (address: string) => trading.choose(address, "delegate"), () => void refreshed());
  return (
    <div className="flex flex-col gap-3 px-4 py-3">
      <p className="text-soft">You trade an account to play with. To trade with a wallet of yours, choose it; on this network it is given play money.</p>
      {(told.wallets ?? []).map((address) => (
        <Button key={address} busy={choose.isPending} onClick={() => choose.mutate(address)}>
          Trade with <code className="text-xs break-all">{address}</code>
        </Button>
      ))}
      {choose.isError && <Failure error={choose.error} />}
    </div>
  );
}

const WHO = [
  ["delegate", "SayWhen's key"],
  ["approve", "My wallet, each time"],
] as const;
const WHAT: Record<How, string> = {
  delegate: "Rules act while you sleep. The key can place, change and cancel orders. It cannot withdraw, transfer, or change who may trade. SayWhen pays the network's fee.",
  approve: "For hardware wallets. A rule that fires asks you here and in your chats; nothing is sent until your wallet has signed. Asleep, you miss it. Your wallet pays the network's fee.",
};

function Chosen({ told, address }: { told: Seat; address: string }) {
  const refreshed = useRefreshed();
  const how: How = told.how ?? "delegate";
  const choose = useAct(async ({ one, way }: { one: string; way: How }) => trading.choose(one, way), () => void refreshed());
  const [open, setOpen] = useState<"set-up" | "revoke" | null>(null);
  const [deposit, setDeposit] = useState("");
  const close = () => {
    setOpen(null);
    void refreshed();
  };
  const chain = told.chain ?? null;
  const lacking = chain !== null && (!chain.exists || (how === "delegate" && told.standing !== "delegated"));
  const begin = (event: FormEvent) => {
    event.preventDefault();
    setOpen("set-up");
  };
  return (
    <div className="flex flex-col gap-3 px-4 py-3">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        <dt className="text-soft">Wallet</dt>
        <dd className="min-w-0">
          <code className="text-xs break-all">{address}</code>
        </dd>
        {chain !== null && (
          <>
            <dt className="text-soft">holds</dt>
            <dd className="tabular-nums">
              {amount(chain.sol)} SOL · {amount(chain.coins)} {chain.coin}
            </dd>
            <dt className="text-soft">Account</dt>
            <dd className="min-w-0">{chain.exists ? <code className="text-xs break-all">{chain.account}</code> : `none at ${told.venue} yet`}</dd>
            {chain.delegate != null && (
              <>
                <dt className="text-soft">May trade it</dt>
                <dd className="min-w-0">
                  <code className="text-xs break-all">{chain.delegate}</code> {chain.delegate === told.key ? "(SayWhen)" : "(not SayWhen)"}
                </dd>
              </>
            )}
          </>
        )}
      </dl>
      <div className="flex flex-col gap-1.5">
        <span className="text-xs text-soft">Who signs orders</span>
        <Segments label="Who signs orders" options={WHO} value={how} onPick={(way) => way !== how && choose.mutate({ one: address, way })} />
        <p className="text-xs text-soft">{WHAT[how]}</p>
        {choose.isError && <Failure error={choose.error} />}
      </div>
      {told.standing === "revoked" && <p className="text-bad">SayWhen may not trade this account any more. Rules that trade are paused; set it up again and resume them.</p>}
      {lacking && (
        <form onSubmit={begin} className="flex flex-wrap items-end gap-2">
          <Field className="basis-52" label={`Deposit, ${chain?.coin ?? ""} (optional)`} inputMode="decimal" value={deposit} onChange={(event) => setDeposit(event.target.value)} />
          <Button type="submit" weight="main">
            {how === "delegate" ? "Let SayWhen trade" : "Open the account"}
          </Button>
        </form>
      )}
      {chain?.delegate != null && (
        <div>
          <Button weight="danger" onClick={() => setOpen("revoke")}>
            Withdraw the permission
          </Button>
        </div>
      )}
      {told.wallets !== undefined && told.wallets.length > 1 && (
        <details>
          <summary className="cursor-pointer text-soft">Trade with another wallet</summary>
          <div className="mt-2 flex flex-col gap-2">
            {told.wallets.filter((one) => one !== address).map((one) => (
              <Button key={one} busy={choose.isPending} onClick={() => choose.mutate({ one, way: "delegate" })}>
                <code className="text-xs break-all">{one}</code>
              </Button>
            ))}
          </div>
        </details>
      )}
      {open === "set-up" && (
        <SignSheet title={how === "delegate" ? "Let SayWhen trade this account" : "Open the account"} build={async () => ({ sign: await trading.setUp(deposit.trim()) })} send={trading.submit} onClose={close} />
      )}
      {open === "revoke" && <SignSheet title="Withdraw the permission" build={async () => ({ sign: await trading.revoke() })} send={trading.submit} onClose={close} />}
    </div>
  );
}
