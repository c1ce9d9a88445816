/** Signing a challenge of the API's with a wallet; loaded once there is one to sign with. */
import type { Wallet, WalletAccount } from "@wallet-standard/base";
import { deeds } from "../api/calls";
import { asProblem, Problem, type Schemas } from "../api/client";
import type { Usable } from "./wallets";

/** A signature of the challenge's text, or the memo transaction that stands for it, which is never sent. */
export type Proof = { nonce: string; signature: string } | { nonce: string; transaction: string };

/** Have the wallet sign what the API asks of the account that the person chooses in it. Raises Problem. */
export async function prove(wallet: Usable, challengeOf: (address: string) => Promise<Schemas["ChallengeOut"]>): Promise<Proof> {
  const account = await connected(wallet);
  const challenge = await challengeOf(account.address);
  const memo = wallet.features["solana:signTransaction"];
  try {
    const signature = await signed(wallet, account, challenge);
    return { nonce: challenge.nonce, signature: base64(signature) };
  } catch (error) {
    if (memo === undefined || asProblem(error).code === "declined") throw error;
  }
  // Accounts on a hardware wallet sign transactions only: one that carries the challenge, and can never land.
  try {
    const transaction = Uint8Array.from(atob(challenge.memo_transaction), (letter) => letter.charCodeAt(0));
    const [output] = await memo.signTransaction({ account, transaction });
    if (output !== undefined) return { nonce: challenge.nonce, transaction: base64(output.signedTransaction) };
  } catch (error) {
    throw refusal(wallet, error);
  }
  throw new Problem(0, "no_signature", `${wallet.name} gave no signature.`, "Try again, or use another wallet.");
}

export async function signInWith(wallet: Usable): Promise<void> {
  await deeds.byWallet(await prove(wallet, deeds.challenge));
}

async function connected(wallet: Usable): Promise<WalletAccount> {
  try {
    const { accounts } = await wallet.features["standard:connect"].connect();
    const account = accounts.find((one) => one.chains.some((chain) => chain.startsWith("solana:")));
    if (account === undefined) throw new Problem(0, "no_account", `${wallet.name} offers no Solana account.`, "Choose one in the wallet, then try again.");
    return account;
  } catch (error) {
    throw refusal(wallet, error, UNLOCK);
  }
}

async function signed(wallet: Usable, account: WalletAccount, challenge: Schemas["ChallengeOut"]): Promise<Uint8Array> {
  const text = new TextEncoder().encode(challenge.message);
  try {
    const signIn = wallet.features["solana:signIn"];
    if (signIn !== undefined) {
      const [output] = await signIn.signIn(challenge.input);
      // The API checks against its own copy; told here, a person knows that it was the wallet that changed the text.
      if (output !== undefined && !same(output.signedMessage, text)) {
        throw new Problem(0, "other_text", `${wallet.name} signed another text than the one it was given.`, "Try again with the account you just chose, or use another wallet.");
      }
      if (output !== undefined) return output.signature;
    }
    const [output] = (await wallet.features["solana:signMessage"]?.signMessage({ account, message: text })) ?? [];
    if (output !== undefined) return output.signature;
  } catch (error) {
    throw refusal(wallet, error);
  }
  throw new Problem(0, "no_signature", `${wallet.name} gave no signature.`, "Try again, or use another wallet.");
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

const NO_MESSAGES = "Accounts on a hardware wallet often cannot sign messages; use another account, or sign in with the bot's /web link.";
const UNLOCK = "Unlock the wallet and choose an account in it, then try again.";

export function refusal(wallet: Wallet, error: unknown, hint = NO_MESSAGES): Problem {
  if (error instanceof Problem) return error;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const said = typeof message === "string" ? message.trim() : "";
  if (code === 4001 || /reject|denied|decline|cancel/i.test(said)) {
    return new Problem(0, "declined", `You declined in ${wallet.name}.`, "Nothing was signed. Try again when you want to.");
  }
  if (/\block(ed)?\b/i.test(said)) return new Problem(0, "wallet", `${wallet.name} is locked.`, UNLOCK);
  // What wallets call internal means nothing to a person; what they say in words may.
  const why = said === "" || /internal|json-rpc|undefined/i.test(said) ? `${wallet.name} gave no reason why it did not sign.` : `${wallet.name} could not sign: ${said}`;
  return new Problem(0, "wallet", why, hint === UNLOCK || said !== "" ? hint : `${UNLOCK} ${hint}`);
}
