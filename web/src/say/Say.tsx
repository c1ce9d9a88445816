/** Words in, a draft back; nothing is armed before Confirm. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { deeds, type Draft, queries } from "../api/calls";
import { Button, Failure } from "../ui/parts";
import { Armed } from "./Armed";
import { DraftCard } from "./DraftCard";

const EXAMPLES = [
  "If SOL-PERP price drops 0.1 from current price, sell 50% of my position. If it goes up by 0.2, take profit on the entire position.",
  "buy 1 SOL when SOL drops 3 %",
  "alert me when BTC is above 120,000",
];

export function Say() {
  const client = useQueryClient();
  const waiting = useQuery(queries.drafts);
  const [words, setWords] = useState("");
  const [armed, setArmed] = useState<string[]>([]);
  const keep = (draft: Draft) => {
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
      setWords("");
      setArmed([]);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (words.trim() !== "" && !say.isPending) say.mutate(words.trim());
  };
  const open = (waiting.data?.drafts ?? []).filter((one) => one.state === "asking" || one.state === "awaiting_confirmation");
  // What waits for an answer comes first; a box for something else comes after it.
  const box = (
    <form onSubmit={submit} className="rounded-lg border border-line bg-panel p-4">
      <label htmlFor="words" className="mb-2 block text-soft">
        {open.length === 0 ? "When should what happen? In your own words." : "Something else? When should what happen?"}
      </label>
      <textarea
        id="words"
        rows={open.length === 0 ? 4 : 2}
        maxLength={4000}
        value={words}
        onChange={(event) => setWords(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
        }}
        className="w-full resize-y rounded-md border border-edge bg-ground px-3 py-2 text-base"
      />
      <div className="mt-2 flex items-center justify-between gap-3">
        <span className="text-xs text-soft">Nothing trades before you confirm.</span>
        <Button weight="main" type="submit" busy={say.isPending} disabled={words.trim() === ""}>
          {say.isPending ? "Reading …" : "Read it"}
        </Button>
      </div>
      {say.isError && <Failure error={say.error} />}
    </form>
  );
  return (
    <div className="mx-auto flex max-w-3xl flex-col gap-4">
      <h1 className="text-lg font-semibold">Say when</h1>
      {waiting.isError && <Failure error={waiting.error} again={() => void waiting.refetch()} />}
      {armed.length > 0 && <Armed ids={armed} />}
      {open.length === 0 && box}
      {open.map((draft) => (
        <DraftCard key={draft.draft_id} draft={draft} onChange={keep} onArmed={(ids) => agreed(draft, ids)} />
      ))}
      {open.length > 0 && box}
      {open.length === 0 && armed.length === 0 && (
        <section aria-label="Examples" className="flex flex-col gap-2">
          <p className="text-soft">For example</p>
          {EXAMPLES.map((one) => (
            <button key={one} type="button" onClick={() => setWords(one)} className="rounded-md border border-line bg-panel px-4 py-2.5 text-left hover:border-edge">
              {one}
            </button>
          ))}
        </section>
      )}
    </div>
  );
}
