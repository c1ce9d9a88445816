/** A transaction in words, with what it costs and until when it can be signed; then how it stands, until that is proven. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { amount } from "../../ui/figures";
import { Elsewhere } from "../../signin/Elsewhere";
import { Button, Failure, Sheet, Waiting } from "../../ui/parts";
import type { Signable, Standing } from "./asks";
import { trading } from "./asks";
import { signed, useSecondsTo, useSigners } from "./signing";

export interface Asked {
  sign: Signable | null;
  facts?: ReactNode;
}

interface Given {
  title: string;
  build: () => Promise<Asked>;
  send: (id: string, transaction: string) => Promise<Standing | undefined>;
  onClose: () => void;
}

const POLL_MS = 1_200;
const SAID: Record<Standing["state"], string> = {
  built: "It was not sent yet.",
  sent: "Sent. Waiting for the network to confirm it; SayWhen goes on by itself should you close this.",
  confirmed: "Confirmed on chain.",
  failed: "The network refused it: nothing was changed.",
  lapsed: "It never landed, and can land no more: nothing was changed.",
};

export function SignSheet({ title, build, send, onClose }: Given) {
  const made = useMutation({ mutationFn: build });
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return;
    begun.current = true; // one transaction, also where effects run twice
    made.mutate();
  }, [made]);
  const sending = useMutation({ mutationFn: async ({ sign, wallet }: { sign: Signable; wallet: Parameters<typeof signed>[0] }) => (await send(sign.id, await signed(wallet, sign))) ?? null });
  const first = sending.data ?? null;
  const followed = useQuery({
    queryKey: ["transaction", first?.id],
    queryFn: () => trading.follow(first?.id ?? ""),
    enabled: first !== null && first.state === "sent",
    refetchInterval: (query) => (query.state.data === undefined || query.state.data.state === "sent" ? POLL_MS : false),
  });
  const sign = made.data?.sign ?? null;
  const seconds = useSecondsTo(sign?.expires_at);
  const signers = useSigners();
  const standing = followed.data ?? first;
  const again = () => {
    sending.reset();
    made.mutate();
  };
  return (
    <Sheet title={title} onClose={onClose}>
      {made.isPending && <Waiting what="the transaction" />}
      {made.isError && <Failure error={made.error} again={again} />}
      {made.data?.facts}
      {sign !== null && (
        <ul className="mb-4 list-disc space-y-1 pl-5">
          {sign.words.map((words) => (
            <li key={words} className="break-words">
              {words}
            </li>
          ))}
        </ul>
      )}
      {sign !== null && <Costs sign={sign} />}
      {sending.isError && <Failure error={sending.error} />}
      {sending.isSuccess && (
        <p role="status" className={`my-3 ${standing === null || standing.state === "confirmed" ? "text-good" : standing.state === "sent" ? "text-warn" : "text-bad"}`}>
          {standing === null ? "Signed and taken. It is sent now, and its fill is told as always." : SAID[standing.state]} {standing?.reason}
        </p>
      )}
      {sign !== null && !sending.isSuccess && (
        <p className={seconds === 0 ? "text-warn" : "text-soft"}>{seconds === 0 ? "This one is too old to be signed. Make it anew." : `Sign within ${seconds} s.`}</p>
      )}
      {sign !== null && signers.length === 0 && <Elsewhere then="you can sign it here" />}
      <div className="mt-4 flex flex-wrap gap-2">
        {sign !== null && !sending.isSuccess && seconds > 0 && signers.map((wallet) => (
          <Button key={wallet.name} weight="main" busy={sending.isPending} onClick={() => sending.mutate({ sign, wallet })}>
            Sign with {wallet.name}
          </Button>
        ))}
        {sign !== null && !sending.isSuccess && seconds === 0 && (
          <Button weight="main" busy={made.isPending} onClick={again}>
            Make it anew
          </Button>
        )}
        <Button onClick={onClose}>{sending.isSuccess ? "Done" : "Leave it"}</Button>
      </div>
    </Sheet>
  );
}

function Costs({ sign }: { sign: Signable }) {
  const { costs } = sign;
  const lines = [
    ["Network fee", costs.fee, ""],
    ["Rent", costs.rent, "comes back when the account is closed"],
    ["The venue's own price", costs.other, ""],
  ].filter(([, sol]) => Number(sol) !== 0);
  return (
    <dl className="mb-3 rounded-md border border-line px-3 py-2 tabular-nums">
      {lines.map(([name, sol, note]) => (
        <div key={name} className="flex justify-between gap-3">
          <dt className="text-soft">
            {name}
            {note !== "" && <span className="block text-xs">{note}</span>}
          </dt>
          <dd className="whitespace-nowrap">{amount(sol ?? "0")} SOL</dd>
        </div>
      ))}
      <div className="flex justify-between gap-3 font-medium">
        <dt>Your wallet pays</dt>
        <dd className="whitespace-nowrap">{amount(costs.total)} SOL</dd>
      </div>
    </dl>
  );
}
