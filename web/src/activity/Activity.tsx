/** Everything that happened, in four lists: what traded, what was ordered, what was told, and what was given up. */
import { useQuery } from "@tanstack/react-query";
import { become, useSearch } from "../address";
import { queries } from "../api/calls";
import { Segments } from "../ui/fields";
import { Events } from "./Events";
import { Letters } from "./Letters";
import { Orders } from "./Orders";
import { Trades } from "./Trades";

const LISTS = ["trades", "orders", "events", "given-up"] as const;
type Which = (typeof LISTS)[number];

export function Activity() {
  const asked = useSearch().get("list");
  const shown: Which = LISTS.find((one) => one === asked) ?? "trades";
  const letters = useQuery(queries.letters);
  const waiting = letters.data?.dead_letters.length ?? 0;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-lg font-semibold">Activity</h1>
        <Segments
          label="Which list"
          value={shown}
          onPick={(one) => become(`/activity?list=${one}`)}
          options={[
            ["trades", "Trades"],
            ["orders", "Orders"],
            ["events", "Events"],
            ["given-up", waiting === 0 ? "Given up" : `Given up (${waiting})`],
          ]}
        />
      </div>
      {shown === "trades" && <Trades />}
      {shown === "orders" && <Orders />}
      {shown === "events" && <Events />}
      {shown === "given-up" && <Letters />}
    </div>
  );
}
