/** The owner's own: what signs in, who is told what, how far trading may go, and the way out. */
import { Approvals } from "./Approvals";
import { Audit } from "./Audit";
import { Keys } from "./Keys";
import { Limits } from "./Limits";
import { Leaving } from "./Leaving";
import { Links } from "./Links";
import { Notify } from "./Notify";
import { Sessions } from "./Sessions";
import { Wallets } from "./Wallets";
import { Orders } from "./wallet/Orders";
import { Trading } from "./wallet/Trading";

export function Account() {
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
