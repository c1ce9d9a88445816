/** The door: on paper, with a wallet, or with the one-time link of a bot. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { become } from "../address";
import { FRAMED } from "../api/access";
import { deeds } from "../api/calls";
import { Problem } from "../api/client";
import { API } from "../api/places";
import { Button, Failure, Waiting } from "../ui/parts";
import { Elsewhere } from "./Elsewhere";
import { type Usable, useWallets } from "./wallets";

interface Door {
  /** A way in that was brought along, to be taken at once: a one-time link, or what Telegram vouches for. */
  start?: () => Promise<unknown>;
  onEntered?: () => void;
  /** Whoever looks at it was signed in a moment ago. */
  ended?: boolean;
}

export function SignIn({ start, onEntered, ended = false }: Door) {
  const client = useQueryClient();
  const entered = async () => {
    if (API !== "") await deeds.me().catch(noCookie);
    if (location.pathname === "/sign-in") become("/"); // else back to where they were
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== "me" }); // of whoever was here before
    await client.resetQueries({ queryKey: ["me"] });
    onEntered?.();
  };
  const enter = useMutation({ mutationFn: (way: () => Promise<unknown>) => way(), onSuccess: entered });
  const used = useRef(false);

  useEffect(() => {
    if (start === undefined || used.current) return;
    used.current = true; // it works once, also where effects run twice
    enter.mutate(start);
  }, [start, enter]);

  if (start !== undefined && !enter.isError) return <Waiting what="your account" />;
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-6 p-6">
      <header className="flex flex-col gap-2">
        <img src="/favicon.svg" alt="" width="44" height="44" />
        <h1 className="text-2xl font-semibold">SayWhen</h1>
        <p className="text-soft">Say in plain words when to trade. It shows what it understood, and after you confirm it watches and trades.</p>
      </header>
      {ended && !enter.isError && (
        <p role="status" className="rounded-md border border-warn/50 px-4 py-3 text-warn">
          Your session here has ended. Sign in again to go on where you were; rules that are armed stay armed.
        </p>
      )}
      {enter.isError && <Failure error={enter.error} />}
      {FRAMED ? <p>This window does not know who you are any more. Close it, and open the dashboard from the chat again.</p> : <Ways busy={enter.isPending} onEnter={(way) => enter.mutate(way)} />}
    </main>
  );
}

async function signInWith(wallet: Usable): Promise<void> {
  const proof = await import("./proof");
  await proof.signInWith(wallet);
}

/** A wallet asks in a window of its own, which may lie behind this one, or have been closed without an answer. */
function Asked({ name }: { name: string }) {
  return (
    <div role="status" className="flex flex-wrap items-center justify-between gap-2 rounded-md border border-edge px-4 py-3">
      <p>{name} asks you now. If you see no window of it, open it by its icon.</p>
      <Button onClick={() => location.reload()}>Begin again</Button>
    </div>
  );
}

function Ways({ busy, onEnter }: { busy: boolean; onEnter: (way: () => Promise<unknown>) => void }) {
  const wallets = useWallets();
  const [asked, setAsked] = useState("");
  const any = wallets.length > 0;
  useEffect(() => {
    if (any) import("./proof").catch(() => undefined); // asked for again when it is needed
  }, [any]);
  return (
    <>
      <div className="flex flex-col gap-3">
        <Button weight="main" className="min-h-11" busy={busy} onClick={() => {
            setAsked("");
            onEnter(deeds.onPaper);
          }}>
          Continue on paper
        </Button>
        <p className="text-soft">A new account with play money, kept in this browser. No wallet needed.</p>
      </div>
      <section aria-label="Wallets" className="flex flex-col gap-3 border-t border-line pt-5">
        {wallets.map((wallet) => (
          <Button key={wallet.name} className="flex min-h-11 items-center justify-center gap-2" busy={busy} onClick={() => {
            setAsked(wallet.name);
            onEnter(() => signInWith(wallet));
          }}>
            <img src={wallet.icon} alt="" width="20" height="20" />
            Sign in with {wallet.name}
          </Button>
        ))}
        {busy && asked !== "" && <Asked name={asked} />}
        {wallets.length === 0 ? (
          <Elsewhere then="you can sign in here" />
        ) : (
          <p className="text-soft">The wallet only signs a text. Signing in moves nothing and costs nothing.</p>
        )}
        <p className="text-soft">
          You talk to the bot already? Send it <code className="text-ink">/web</code> and open the link it gives you.
        </p>
      </section>
    </>
  );
}

/** Signed in, and not let in: the API's cookie was not taken along to it. */
function noCookie(): never {
  throw new Problem(0, "no_cookie", `Your browser keeps no cookie of ${API} here.`, "Its address and this page's must belong to one site, like app.example.com and api.example.com.");
}
