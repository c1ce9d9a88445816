/** Wallets that announced themselves in this page. */
import type { SolanaSignInFeature, SolanaSignMessageFeature, SolanaSignTransactionFeature } from "@solana/wallet-standard-features";
import { getWallets } from "@wallet-standard/app";
import type { Wallet } from "@wallet-standard/base";
import type { StandardConnectFeature } from "@wallet-standard/features";
import { useSyncExternalStore } from "react";

export type Usable = Wallet & { features: StandardConnectFeature & Partial<SolanaSignInFeature & SolanaSignMessageFeature & SolanaSignTransactionFeature> };

const registry = getWallets();
let usable: readonly Usable[] = [];

function canSignIn(wallet: Wallet): wallet is Usable {
  const can = wallet.features;
  return "standard:connect" in can && ("solana:signIn" in can || "solana:signMessage" in can || "solana:signTransaction" in can) && wallet.chains.some((chain) => chain.startsWith("solana:"));
}

function read(): readonly Usable[] {
  const found = registry.get().filter(canSignIn);
  if (found.length !== usable.length || found.some((wallet, index) => wallet !== usable[index])) usable = found;
  return usable;
}

function subscribe(changed: () => void): () => void {
  const [came, went] = [registry.on("register", changed), registry.on("unregister", changed)];
  return () => {
    came();
    went();
  };
}

export function useWallets(): readonly Usable[] {
  return useSyncExternalStore(subscribe, read);
}
