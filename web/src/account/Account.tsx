/** The owner's own: what signs in, who is told what, how far trading may go, and the way out. */
import { useQueries } from "@tanstack/react-query";
import { queries } from "../api/calls";
import { Waiting } from "../ui/parts";
import { Approvals } from "./Approvals";
import { owned } from "./asks";
import { Audit } from "./Audit";
import { Keys } from "./Keys";
import { Limits } from "./Limits";
import { Leaving } from "./Leaving";
import { Links } from "./Links";
import { Look } from "./Look";
import { Notify } from "./Notify";
import { Sessions } from "./Sessions";
import { Wallets } from "./Wallets";
import { seat } from "./wallet/asks";
import { Orders } from "./wallet/Orders";
import { Trading } from "./wallet/Trading";

/** What the panels are made of: shown together, so that none pushes another away as it comes. */
const PARTS = [owned.wallets, owned.approvals, owned.links, owned.limits, owned.keys, owned.sessions, owned.audit, queries.settings, seat] as const;

export function Account() {
  const waits = useQueries({ queries: PARTS, combine: (parts) => parts.some((part) => part.isPending) });
  if (waits) return <Waiting what="your account" />;
  return (
    <div className="flex flex-col gap-4">
      <h1 className="text-lg font-semibold">Account</h1>
      <Approvals />
      <Orders />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          <Wallets />
          <Trading />
          <Limits />
          <Keys />
          <Look />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Links />
          <Notify />
          <Sessions />
          <Audit />
          <Leaving />
        </div>
      </div>
    </div>
  );
}
