/** Words in, a draft back; nothing is armed before Confirm. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deeds, type Draft, queries } from "../api/calls";
import { Failure } from "../ui/parts";
import { Armed } from "./Armed";
import { DraftCard } from "./DraftCard";
import { Editor } from "./Editor";
import { Past } from "./Past";
import { Preview } from "./Preview";
import { keepTyped, typedBy } from "./typed";
import { useWording } from "./wording";

const EXAMPLES = [
  "If SOL-PERP price drops 0.1 from current price, sell 50% of my position. If it goes up by 0.2, take profit on the entire position.",
  "buy 1 SOL when SOL drops 3 %",
  "alert me when BTC is above 120,000",
];

export function Say() {
  const client = useQueryClient();
  const waiting = useQuery(queries.drafts);
  const { data: me } = useQuery(queries.me);
  const wording = useWording(
    () => typedBy(me?.owner),
    (said) => keepTyped(me?.owner, said),
  );
  const [armed, setArmed] = useState<string[]>([]);
  // Which draft was touched here: another tab's, or one that waited, does not pull anybody away from what they do.
  const [touched, setTouched] = useState<string | null>(null);
  const keep = (draft: Draft) => {
    setTouched(draft.draft_id);
    if (draft.state === "cancelled") document.getElementById("words")?.focus();
    client.setQueryData(queries.drafts.queryKey, (known) => ({
      drafts: [draft, ...(known?.drafts ?? []).filter((one) => one.draft_id !== draft.draft_id)],
    }));
  };
  // Gone at once: what is armed must not ask to be confirmed once more.
  const agreed = (draft: Draft, ids: string[]) => {
    client.setQueryData(queries.drafts.queryKey, (known) => ({
      drafts: (known?.drafts ?? []).filter((one) => one.draft_id !== draft.draft_id),
    }));
    setArmed(ids);
  };
  const say = useMutation({
    mutationFn: deeds.say,
    onSuccess: (draft) => {
      keep(draft);
      wording.setWords("");
      setArmed([]);
    },
  });
  const open = (waiting.data?.drafts ?? []).filter((one) => one.state === "asking" || one.state === "awaiting_confirmation");
  const [first] = open;
  const shown = wording.empty && first !== undefined ? first.rules : wording.rules;
  // What waits for an answer comes first; a box for something else comes after it.
  const box = (
    <Editor
      wording={wording}
      label={open.length === 0 ? "When should what happen? In your own words." : "Something else? When should what happen?"}
      action="Read it"
      acting="Reading …"
      rows={open.length === 0 ? 4 : 2}
      busy={say.isPending}
      error={say.error}
      onSay={() => say.mutate(wording.said)}
    />
  );
  return (
    <div className="flex flex-col gap-4">
      <h1 className="text-lg font-semibold">Say when</h1>
      <div className="grid items-start gap-4 lg:grid-cols-[3fr_2fr]">
        <div className="flex min-w-0 flex-col gap-4">
          {waiting.isError && <Failure error={waiting.error} again={() => void waiting.refetch()} />}
          {armed.length > 0 && <Armed ids={armed} />}
          {open.length === 0 && box}
          {open.map((draft) => (
            <DraftCard key={draft.draft_id} draft={draft} fresh={draft.draft_id === touched} onChange={keep} onArmed={(ids) => agreed(draft, ids)} />
          ))}
          {open.length > 0 && box}
          {open.length === 0 && armed.length === 0 && wording.empty && (
            <section aria-label="Examples" className="flex flex-col gap-2">
              <p className="text-soft">For example</p>
              {EXAMPLES.map((one) => (
                <button key={one} type="button" onClick={() => wording.setWords(one)} className="rounded-md border border-line bg-panel px-4 py-2.5 text-left hover:border-edge">
                  {one}
                </button>
              ))}
            </section>
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-4 lg:sticky lg:top-16">
          <Preview rules={shown} onChange={wording.empty ? undefined : wording.setRules} />
          <Past said={wording.empty ? { rules: [...shown] } : wording.said} rules={shown} />
        </div>
      </div>
    </div>
  );
}
