/** What the page asks of the API about the wallet that is traded, and what that wallet signs. */
import { queryOptions } from "@tanstack/react-query";
import { ask, type Schemas } from "../../api/client";

export type Seat = Schemas["SeatOut"];
export type Signable = Schemas["SignableOut"];
export type Opened = Schemas["OpenedOut"];
export type Waits = Schemas["WaitingOut"];
export type Standing = Schemas["WalletTransactionOut"];
export type How = NonNullable<Seat["how"]>;

export const seat = queryOptions({ queryKey: ["seat"], queryFn: () => ask<Seat>("GET", "/api/trading"), refetchInterval: 30_000 });

export const trading = {
  choose: (address: string, how: How) => ask<Seat>("PUT", "/api/trading/wallet", { address, how }),
  setUp: (deposit: string) => ask<Signable>("POST", "/api/trading/set-up", deposit === "" ? {} : { deposit }),
  revoke: () => ask<Signable>("POST", "/api/trading/revoke"),
  submit: (id: string, transaction: string) => ask<Standing>("POST", `/api/trading/transactions/${id}`, { transaction }),
  follow: (id: string) => ask<Standing>("GET", `/api/trading/transactions/${id}`),
  open: (orderId: string) => ask<Opened>("POST", `/api/trading/waiting/${orderId}/open`),
  sign: (orderId: string, transaction: string) => ask<void>("POST", `/api/trading/waiting/${orderId}/sign`, { transaction }),
  decline: (orderId: string) => ask<void>("POST", `/api/trading/waiting/${orderId}/decline`),
  takeOff: (orderId: string) => ask<Signable>("POST", `/api/trading/waiting/${orderId}/take-off`),
};
