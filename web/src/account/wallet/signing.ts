/** Having a wallet sign a transaction: its bytes go in as the API made them, and come out for the API to check. */
import type { SolanaSignTransactionFeature } from "@solana/wallet-standard-features";
import { useEffect, useState } from "react";
import { Problem } from "../../api/client";
import { refusal } from "../../signin/proof";
import { type Usable, useWallets } from "../../signin/wallets";
import type { Signable } from "./asks";

type Signer = Usable & { features: SolanaSignTransactionFeature };
const HINT = "Nothing was signed. Unlock the wallet (on a Ledger: open the Solana app), then try again.";

function canSign(wallet: Usable): wallet is Signer {
  const feature = (wallet.features as Partial<SolanaSignTransactionFeature>)["solana:signTransaction"];
  return feature !== undefined && feature.supportedTransactionVersions.includes(0);
}

export function useSigners(): readonly Signer[] {
  return useWallets().filter(canSign);
}

/** The transaction as *wallet* signed it, in base64. Raises Problem. */
export async function signed(wallet: Signer, asked: Signable): Promise<string> {
  const transaction = Uint8Array.from(atob(asked.transaction), (letter) => letter.charCodeAt(0));
  try {
    const { accounts } = await wallet.features["standard:connect"].connect();
    const account = accounts.find((one) => one.address === asked.address);
    if (account === undefined) {
      throw new Problem(0, "other_account", `${wallet.name} does not show the account ${asked.address}.`, "Choose that account in the wallet, then try again.");
    }
    const [output] = await wallet.features["solana:signTransaction"].signTransaction({ account, transaction });
    if (output !== undefined) return btoa(String.fromCharCode(...output.signedTransaction));
  } catch (error) {
    throw refusal(wallet, error, HINT);
  }
  throw new Problem(0, "no_signature", `${wallet.name} gave no signature.`, HINT);
}

/** Whole seconds until *iso*, counted down; 0 once it is past. */
export function useSecondsTo(iso: string | undefined): number {
  const left = () => (iso === undefined ? 0 : Math.max(0, Math.ceil((Date.parse(iso) - Date.now()) / 1000)));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    const timer = setInterval(() => setSeconds(left()), 1000);
    return () => clearInterval(timer);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `left` is of `iso` alone
  }, [iso]);
  return seconds;
}
