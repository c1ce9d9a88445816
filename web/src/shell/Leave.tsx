/** The way out; whoever could never come back is told so first. */
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { addressOf } from "../address";
import { deeds } from "../api/calls";
import { ask, type Schemas } from "../api/client";
import { Button, Failure, Go, Sheet } from "../ui/parts";

/** Whether a wallet or a chat of theirs opens this account again. */
async function comesBack(): Promise<boolean> {
  const [wallets, links] = await Promise.all([ask<Schemas["WalletsOut"]>("GET", "/api/wallets"), ask<Schemas["LinksOut"]>("GET", "/api/links")]);
  return wallets.wallets.length > 0 || links.links.some((link) => link.dead_since == null);
}

export function Leave() {
  const [asking, setAsking] = useState(false);
  // A new page: nothing of the account stays in this one's memory, or in what the tab keeps.
  const leave = useMutation({
    mutationFn: deeds.signOut,
    onSettled: () => {
      sessionStorage.clear();
      location.assign(addressOf("/"));
    },
  });
  const look = useMutation({
    mutationFn: comesBack,
    onSuccess: (back) => (back ? leave.mutate() : setAsking(true)),
    onError: () => setAsking(true),
  });
  const busy = look.isPending || leave.isPending;
  return (
    <>
      <button type="button" disabled={busy} onClick={() => look.mutate()} className="ml-auto rounded-md px-2 py-1 text-soft hover:text-ink sm:ml-0">
        Sign out
      </button>
      {asking && (
        <Sheet title="Sign out for good?" onClose={() => setAsking(false)}>
          <p>Nothing but this browser can open this account: no wallet and no chat is linked to it. Signed out, nobody can sign in to it again.</p>
          <p className="mt-2 text-soft">
            Its rules stay armed, and its positions open. To come back later, link a wallet or a chat under <Go to="/account">Account</Go> first.
          </p>
          {look.isError && <Failure error={look.error} />}
          <div className="mt-4 flex justify-end gap-2">
            <Button onClick={() => setAsking(false)}>Stay</Button>
            <Button weight="danger" busy={leave.isPending} onClick={() => leave.mutate()}>
              Sign out for good
            </Button>
          </div>
        </Sheet>
      )}
    </>
  );
}
