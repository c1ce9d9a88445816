/** The rule language as fields: for each kind of condition and action what there is to fill in, and how it begins. */
export type Part = Readonly<Record<string, unknown>>;
export type Options = readonly (readonly [value: string, says: string])[];

export interface FieldOf {
  /** Where in the part it stands; a dot leads into a part of it. */
  name: string;
  label: string;
  kind: "market" | "any market" | "amount" | "count" | "span" | "choice" | "text" | "time" | "flag";
  options?: Options;
  /** May stay empty. */
  optional?: boolean;
  when?: (part: Part) => boolean;
}

export interface KindOf {
  says: string;
  is: (part: Part) => boolean;
  fresh: (market: string, price: string) => Part;
  fields: readonly FieldOf[];
}

const MARKET: FieldOf = { name: "market", label: "Market", kind: "market" };
const ANY_MARKET: FieldOf = { name: "market", label: "Market", kind: "any market" };
const BOUND: Options = [[">=", "at or above"], ["<=", "at or below"]];
const UNIT: Options = [["usd", "dollars"], ["percent", "percent"]];
const FRAMES: Options = ["1m", "5m", "15m", "1h", "4h", "1d"].map((one) => [one, one]);
const LINES: Options = [["price", "Close"], ["rsi", "RSI"], ["sma", "SMA"], ["ema", "EMA"], ["macd", "MACD"], ["macd_signal", "MACD signal"], ["bollinger_upper", "Bollinger upper"], ["bollinger_lower", "Bollinger lower"], ["atr", "ATR"], ["volume", "Volume"]];
const NO_PERIOD = new Set<unknown>(["price", "macd", "macd_signal"]);
const choice = (name: string, label: string, options: Options): FieldOf => ({ name, label, kind: "choice", options });
const amount = (name: string, label: string): FieldOf => ({ name, label, kind: "amount" });
const count = (name: string, label: string): FieldOf => ({ name, label, kind: "count" });
const span = (name: string, label: string): FieldOf => ({ name, label, kind: "span" });
const typed = (type: string) => (part: Part) => part["type"] === type;
export const has = (part: Part, name: string) => part[name] !== undefined && part[name] !== null;

export const CONDITIONS: Readonly<Record<string, KindOf>> = {
  now: { says: "At once", is: typed("now"), fresh: () => ({ type: "now" }), fields: [] },
  price_level: {
    says: "A price is reached",
    is: typed("price_level"),
    fresh: (market, price) => ({ type: "price_level", market, operator: ">=", price }),
    fields: [MARKET, choice("operator", "Is", BOUND), amount("price", "Price, $"), { ...span("for_s", "Without a break for"), optional: true }],
  },
  price_change: {
    says: "The price moves",
    is: typed("price_change"),
    fresh: (market) => ({ type: "price_change", market, direction: "down", threshold: "5", unit: "percent", reference: "current_price" }),
    fields: [
      MARKET,
      choice("direction", "It", [["down", "falls"], ["up", "rises"], ["either", "moves"]]),
      amount("threshold", "By"),
      choice("unit", "In", UNIT),
      choice("reference", "From", [["current_price", "the price at confirmation"], ["entry_price", "my entry"], ["window", "its high or low within"]]),
      { ...span("window_s", "Within"), when: (part) => part["reference"] === "window" },
    ],
  },
  trailing: {
    says: "It turns back from its best",
    is: typed("trailing"),
    fresh: (market) => ({ type: "trailing", market, direction: "down", distance: "3", unit: "percent" }),
    fields: [MARKET, choice("direction", "It goes", [["down", "down from its peak"], ["up", "up from its trough"]]), amount("distance", "By"), choice("unit", "In", UNIT), { ...amount("activation_price", "Only once it was at, $"), optional: true }],
  },
  candle_close: {
    says: "A candle closes",
    is: typed("candle_close"),
    fresh: (market, price) => ({ type: "candle_close", market, timeframe: "1h", operator: ">=", price }),
    fields: [MARKET, choice("timeframe", "Candle", FRAMES), choice("operator", "Closes", BOUND), amount("price", "Price, $")],
  },
  indicator: {
    says: "An indicator",
    is: (part) => part["type"] === "indicator" && !has(part, "other"),
    fresh: (market) => ({ type: "indicator", market, timeframe: "1h", name: "rsi", period: 14, operator: "<=", value: "30" }),
    fields: [
      MARKET,
      choice("timeframe", "Candles", FRAMES),
      choice("name", "Line", LINES),
      { ...count("period", "Over candles"), when: (part) => !NO_PERIOD.has(part["name"]) },
      choice("operator", "Is", [...BOUND, ["crosses_above", "crossing above"], ["crosses_below", "crossing below"]]),
      amount("value", "Value"),
    ],
  },
  two_lines: {
    says: "Two indicators cross",
    is: (part) => part["type"] === "indicator" && has(part, "other"),
    fresh: (market) => ({ type: "indicator", market, timeframe: "1h", name: "ema", period: 50, operator: "crosses_above", other: { name: "ema", period: 200 } }),
    fields: [
      MARKET,
      choice("timeframe", "Candles", FRAMES),
      choice("name", "Line", LINES),
      { ...count("period", "Over candles"), when: (part) => !NO_PERIOD.has(part["name"]) },
      choice("operator", "Is", [...BOUND, ["crosses_above", "crossing above"], ["crosses_below", "crossing below"]]),
      choice("other.name", "The line", LINES),
      { ...count("other.period", "Over candles"), when: (part) => !NO_PERIOD.has((part["other"] as Part | undefined)?.["name"]) },
    ],
  },
  position_pnl: {
    says: "My profit or loss",
    is: typed("position_pnl"),
    fresh: (market) => ({ type: "position_pnl", market, operator: "<=", threshold: "-100", unit: "usd" }),
    fields: [ANY_MARKET, choice("operator", "Is", BOUND), amount("threshold", "Profit, or -loss"), choice("unit", "In", UNIT)],
  },
  position_event: {
    says: "My position changes",
    is: typed("position_event"),
    fresh: (market) => ({ type: "position_event", market, event: "closed" }),
    fields: [ANY_MARKET, choice("event", "Is", ["opened", "closed", "increased", "decreased", "liquidated"].map((one) => [one, one]))],
  },
  account: {
    says: "My account",
    is: typed("account"),
    fresh: () => ({ type: "account", metric: "health", operator: "<=", value: "20" }),
    fields: [choice("metric", "Figure", [["health", "Health, %"], ["leverage", "Leverage, ×"], ["free_collateral", "Free collateral, $"], ["margin_ratio", "Margin ratio, %"]]), choice("operator", "Is", BOUND), amount("value", "Value")],
  },
  funding_rate: {
    says: "Funding",
    is: typed("funding_rate"),
    fresh: (market) => ({ type: "funding_rate", market, operator: ">=", value: "0.01" }),
    fields: [MARKET, choice("operator", "Is", BOUND), amount("value", "Percent an hour")],
  },
  time: {
    says: "A time comes",
    is: typed("time"),
    fresh: () => ({ type: "time", at: new Date(Date.now() + 86_400_000).toISOString() }),
    fields: [{ name: "at", label: "At", kind: "time" }],
  },
  every: {
    says: "Again and again",
    is: (part) => part["type"] === "schedule" && has(part, "every_s"),
    fresh: () => ({ type: "schedule", every_s: 14_400 }),
    fields: [span("every_s", "Every")],
  },
  cron: {
    says: "On a timetable",
    is: (part) => part["type"] === "schedule" && !has(part, "every_s"),
    fresh: () => ({ type: "schedule", cron: "0 9 * * MON", timezone: "UTC" }),
    fields: [{ name: "cron", label: "Minute, hour, day, month, weekday", kind: "text" }, { name: "timezone", label: "Time zone", kind: "text" }],
  },
  all: { says: "All of several", is: typed("all"), fresh: (market, price) => ({ type: "all", conditions: several(market, price) }), fields: [] },
  any: { says: "Any of several", is: typed("any"), fresh: (market, price) => ({ type: "any", conditions: several(market, price) }), fields: [] },
};

function several(market: string, price: string): Part[] {
  return ["price_level", "indicator"].flatMap((kind) => {
    const part = CONDITIONS[kind]?.fresh(market, price);
    return part === undefined ? [] : [part];
  });
}

export const ORDERS: Readonly<Record<string, KindOf>> = {
  market: { says: "At the market", is: typed("market"), fresh: () => ({ type: "market", max_slippage_bps: 50 }), fields: [count("max_slippage_bps", "Most slippage, bps")] },
  limit: {
    says: "Limit",
    is: typed("limit"),
    fresh: (_, price) => ({ type: "limit", price, post_only: false }),
    fields: [amount("price", "Limit, $"), { ...span("ttl_s", "Lives for"), optional: true }, { name: "post_only", label: "Post only", kind: "flag" }],
  },
  twap: { says: "In slices (TWAP)", is: typed("twap"), fresh: () => ({ type: "twap", over_s: 3_600, slices: 12 }), fields: [span("over_s", "Over"), count("slices", "Slices")] },
  ladder: {
    says: "Ladder of limits",
    is: typed("ladder"),
    fresh: (_, price) => ({ type: "ladder", orders: 3, from_price: price, to_price: price }),
    fields: [count("orders", "Orders"), amount("from_price", "From, $"), amount("to_price", "To, $")],
  },
};

/** How a trade's size may be said; exactly one of them stands. */
export const SIZES: Options = [["amount_base", "coins"], ["amount_usd", "dollars' worth"], ["amount_percent", "percent"], ["margin_usd", "dollars of margin"]];

const trade = (type: "buy" | "sell"): KindOf => ({
  says: type === "buy" ? "Buy" : "Sell",
  is: typed(type),
  fresh: (market) => ({ type, market, amount_base: "1", reduce_only: false, order: { type: "market", max_slippage_bps: 50 } }),
  fields: [MARKET, { name: "leverage", label: "Leverage, ×", kind: "amount", when: (part) => has(part, "margin_usd") }, { name: "reduce_only", label: "Only to reduce what I hold", kind: "flag" }],
});
const retract = (type: string, says: string): KindOf => ({ says, is: typed(type), fresh: (market) => ({ type, market }), fields: [ANY_MARKET] });

export const ACTIONS: Readonly<Record<string, KindOf>> = {
  buy: trade("buy"),
  sell: trade("sell"),
  close: {
    says: "Close my position",
    is: typed("close"),
    fresh: (market) => ({ type: "close", market, amount_percent: "100", order: { type: "market", max_slippage_bps: 50 } }),
    fields: [ANY_MARKET, amount("amount_percent", "Percent of it")],
  },
  reverse: { says: "Turn my position round", is: typed("reverse"), fresh: (market) => ({ type: "reverse", market, order: { type: "market", max_slippage_bps: 50 } }), fields: [MARKET] },
  move_stop: { says: "Move my stop", is: typed("move_stop"), fresh: (market) => ({ type: "move_stop", market, to: "entry_price" }), fields: [MARKET, { name: "to", label: "To (a price, or entry_price)", kind: "text" }] },
  cancel_orders: retract("cancel_orders", "Cancel my orders"),
  cancel_rules: retract("cancel_rules", "Cancel my rules"),
  pause_rules: retract("pause_rules", "Pause my rules"),
  alert: { says: "Tell me", is: typed("alert"), fresh: () => ({ type: "alert" }), fields: [{ name: "message", label: "Message", kind: "text", optional: true }] },
};
