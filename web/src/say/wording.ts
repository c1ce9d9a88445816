/** Words and fields as two views of one rule set: whichever was touched last leads, and the API says the other. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ask, type Schemas } from "../api/client";
import { useSettled } from "../ui/settled";

export type Spec = Schemas["RuleSpec"];
export type Said = { text: string } | { rules: Spec[] };
type Reading = Schemas["ReadingOut"];

export interface Wording {
  words: string;
  rules: Spec[];
  /** What stands is understood whole and nothing is asked. */
  clear: boolean;
  /** Why there is no rule in it, or what is open, in the API's words; "" where nothing is to be said. */
  remark: string;
  reading: Reading | undefined;
  /** The fields say something that cannot be meant. */
  error: unknown;
  /** What is shown is older than what was typed. */
  behind: boolean;
  said: Said;
  empty: boolean;
  setWords: (words: string) => void;
  setRules: (rules: Spec[]) => void;
}

const LEFT_ALONE_MS = 250;
const NOTHING: Spec[] = [];

/** *onChange* hears of everything that is typed or filled in. */
export function useWording(start: Said | (() => Said), onChange?: (said: Said) => void): Wording {
  const [said, keep] = useState<Said>(start);
  const setSaid = (next: Said) => {
    keep(next);
    onChange?.(next);
  };
  const asked = useSettled(said, LEFT_ALONE_MS);
  const empty = "text" in asked ? asked.text.trim() === "" : asked.rules.length === 0;
  const read = useQuery({
    queryKey: ["reading", asked],
    queryFn: () => ask<Reading>("POST", "/api/readings", asked),
    enabled: !empty,
    staleTime: 5_000,
    gcTime: 10_000,
    retry: false,
    placeholderData: keepPreviousData,
  });
  const reading = empty || read.isError ? undefined : read.data;
  const remark = reading === undefined ? "" : (reading.questions[0]?.text ?? reading.reason ?? "");
  return {
    words: "text" in said ? said.text : (read.data?.sentence ?? ""),
    rules: "rules" in said ? said.rules : (reading?.rules ?? NOTHING),
    clear: reading?.kind === "rules",
    remark,
    reading,
    error: "rules" in asked ? read.error : null,
    behind: said !== asked || read.isPlaceholderData,
    said,
    empty: "text" in said ? said.text.trim() === "" : said.rules.length === 0,
    setWords: (text) => setSaid({ text }),
    setRules: (rules) => setSaid({ rules }),
  };
}
