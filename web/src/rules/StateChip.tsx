/** A rule's state in one word and one colour. */
import type { Rule } from "../api/calls";
import { Chip, type Tone } from "../ui/parts";

const TONES: Partial<Record<Rule["state"], Tone>> = { armed: "good", firing: "warn", held: "warn", paused: "warn", failed: "bad" };

export function StateChip({ state }: { state: Rule["state"] }) {
  const words = state.replaceAll("_", " ");
  return <Chip tone={TONES[state] ?? "plain"}>{words[0]?.toUpperCase() + words.slice(1)}</Chip>;
}
