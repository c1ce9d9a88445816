/** Open positions, with what they have made and how far they are from liquidation. */
import { useQuery } from "@tanstack/react-query";
import { deeds, type Position, queries } from "../api/calls";
import { away as said, distancePercent, price, signedPercent, signedUsd, sized, toneOf, usd } from "../ui/figures";
import { useDraftSheet } from "../rules/DraftSheet";
import { useTicks } from "../rules/prices";
import { Button, Chip, Empty, Failure, Go, ink, Panel, Waiting } from "../ui/parts";

const HEADS = ["Market", "Size", "Entry", "Mark", "PnL", "Liquidation", "Do"];

export function Positions() {
  const account = useQuery(queries.account);
  const held = account.data?.positions ?? [];
  const ticks = useTicks();
  const { ask, busy, error, sheet } = useDraftSheet();
  const close = (one: Position) => (
    <Button className="!min-h-7 !py-0.5 text-xs" busy={busy} onClick={() => ask(`Close ${one.market}?`, () => deeds.closePosition(one.market))}>
      Close<span className="sr-only"> {one.market}</span>
    </Button>
  );
  return (
    <Panel title="Positions">
      {account.isPending && <Waiting what="positions" />}
      {error !== null && <Failure error={error} />}
      {sheet}
      {account.isError && <Failure error={account.error} again={() => void account.refetch()} />}
      {account.data !== undefined && held.length === 0 && (
        <Empty title="You hold no position.">
          <Go to="/say">Say when to trade</Go>
        </Empty>
      )}
      {held.length > 0 && (
        <>
          <div className="hidden overflow-x-auto sm:block">
            <table className="w-full text-right">
              <thead>
                <tr className="text-xs text-soft">
                  {HEADS.map((head) => (
                    <th key={head} scope="col" className="px-4 py-2 font-normal first:text-left">
                      {head}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody className="divide-y divide-line border-t border-line">
                {held.map((one) => (
                  <tr key={one.market}>
                    <th scope="row" className="px-4 py-2 text-left font-medium whitespace-nowrap">
                      {one.market} <Side position={one} />
                    </th>
                    <td className="px-4 py-2">
                      {sized(one.base, one.market)}
                      <div className="text-xs text-soft">{usd(one.notional)}</div>
                    </td>
                    <td className="px-4 py-2">{price(one.entry_price, ticks.get(one.market))}</td>
                    <td className="px-4 py-2">{price(one.mark, ticks.get(one.market))}</td>
                    <td className="px-4 py-2">
                      <Made position={one} />
                    </td>
                    <td className="px-4 py-2">
                      <Liquidation position={one} />
                    </td>
                    <td className="px-4 py-2">{close(one)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <ul className="divide-y divide-line sm:hidden">
            {held.map((one) => (
              <li key={one.market} className="flex justify-between gap-3 px-4 py-3">
                <div>
                  <p className="font-medium">
                    {one.market} <Side position={one} />
                  </p>
                  <p className="text-soft">
                    {sized(one.base, one.market)} at {price(one.entry_price, ticks.get(one.market))}
                  </p>
                  <p className="mb-1 text-soft">now {price(one.mark, ticks.get(one.market))}</p>
                  {close(one)}
                </div>
                <div className="text-right">
                  <Made position={one} />
                  <p className="mt-1 text-xs text-soft">liquidation</p>
                  <Liquidation position={one} />
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

function Side({ position }: { position: Position }) {
  return <Chip tone={position.side === "long" ? "good" : "bad"}>{position.side}</Chip>;
}

function Made({ position }: { position: Position }) {
  return (
    <span className={ink(toneOf(position.unrealised_pnl))}>
      {signedUsd(position.unrealised_pnl)}
      <span className="block text-xs">{signedPercent(position.pnl_percent)}</span>
    </span>
  );
}

function Liquidation({ position }: { position: Position }) {
  const { liquidation_price: there, mark } = position;
  if (there === undefined || there === null) return <span className="text-soft">none</span>;
  const away = distancePercent(mark, there);
  return (
    <span className={away < 5 ? "text-bad" : away < 15 ? "text-warn" : ""}>
      {price(there)}
      <span className="block text-xs">{said(away)} away</span>
    </span>
  );
}
