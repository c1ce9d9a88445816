/** One draft: its questions, what was understood in the API's own words, and what to do with it. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { deeds, type Draft } from "../api/calls";
import { asProblem } from "../api/client";
import { clock } from "../ui/figures";
import { Button, Chip, Failure, Panel } from "../ui/parts";
import { useZone } from "../ui/zone";

interface Card {
  draft: Draft;
  onChange: (draft: Draft) => void;
  onArmed: (ruleIds: string[]) => void;
  /** It came, or changed, by what was just done here. */
  fresh?: boolean;
}

export function DraftCard({ draft, onChange, onArmed, fresh = true }: Card) {
  const client = useQueryClient();
  const zone = useZone();
  const [editing, setEditing] = useState(false);
  // A draft that moved on elsewhere is read again: what is confirmed is always what stands here.
  const again = (error: unknown) => {
    if (asProblem(error).status !== 0) void client.invalidateQueries({ queryKey: ["drafts"] });
  };
  const change = useMutation({
    mutationFn: (step: () => Promise<Draft>) => step(),
    onSuccess: (next) => {
      setEditing(false);
      if (next.draft_id !== draft.draft_id) void client.invalidateQueries({ queryKey: ["drafts"] });
      onChange(next);
    },
    onError: again,
  });
  const confirm = useMutation({
    mutationFn: () => deeds.confirm(draft),
    onSuccess: (done) => {
      onArmed(done.rule_ids);
      for (const key of ["drafts", "rules", "jobs"]) void client.invalidateQueries({ queryKey: [key] });
    },
    onError: again,
  });
  const busy = change.isPending || confirm.isPending;
  const asking = draft.state === "asking";
  return (
    <Panel
      arrival={fresh ? `${draft.draft_id} ${draft.revision} ${draft.state}` : undefined}
      title={asking ? "A question first" : "Is this what you mean?"}
      aside={<Chip tone="warn">{`Not armed · until ${clock(draft.expires_at, zone)}`}</Chip>}
    >
      <div className="flex flex-col gap-4 p-4">
        <blockquote className="border-l-2 border-edge pl-3 break-words whitespace-pre-line text-soft">{draft.words}</blockquote>
        {draft.questions.map((question, index) => (
          <fieldset key={question.text} className="flex flex-col gap-2">
            <legend className="mb-2 font-medium">{question.text}</legend>
            <div className="flex flex-wrap gap-2">
              {question.options.map((label, option) => (
                <Button key={label} className="text-left" busy={busy} onClick={() => change.mutate(() => deeds.choose(draft, index, option))}>
                  {label}
                </Button>
              ))}
            </div>
          </fieldset>
        ))}
        {asking && <Words label="Or answer in words" action="Answer" busy={busy} onSend={(text) => change.mutate(() => deeds.answer(draft, text))} />}
        {draft.read_back.length > 0 && <ReadBack lines={draft.read_back} />}
        {editing && (
          <Words label="Say the whole of it anew" action="Read it" start={draft.words.split("\n↳")[0] ?? ""} busy={busy} onSend={(text) => change.mutate(() => deeds.amend(draft, text))} />
        )}
        {change.isError && <Failure error={change.error} />}
        {confirm.isError && <Failure error={confirm.error} />}
        <div className="flex flex-wrap gap-2">
          {!asking && (
            <Button weight="main" className="min-w-28" busy={busy} disabled={editing} onClick={() => confirm.mutate()}>
              {confirm.isPending ? "Confirming …" : "Confirm"}
            </Button>
          )}
          <Button busy={busy} aria-expanded={editing} onClick={() => setEditing(!editing)}>
            Edit
          </Button>
          <Button busy={busy} onClick={() => change.mutate(() => deeds.cancel(draft))}>
            Cancel
          </Button>
        </div>
      </div>
    </Panel>
  );
}

/** The API's own lines: a rule stands out, what belongs to it is indented. */
function ReadBack({ lines }: { lines: string[] }) {
  return (
    <div aria-label="What was understood" role="group" className="flex flex-col gap-1">
      {lines.map((line, index) => (
        <p
          // oxlint-disable-next-line react/no-array-index-key -- two rules may be read back with the same line
          key={index}
          className={line.startsWith(" ") ? "pl-5 text-soft" : /^(\d+\.|When|At once)/.test(line) ? "mt-1 font-medium" : index > 0 && lines[index - 1]?.startsWith(" ") ? "mt-2 border-t border-line pt-2 text-soft" : "text-soft"}
        >
          {line.trim()}
        </p>
      ))}
    </div>
  );
}

interface Asked {
  label: string;
  action: string;
  start?: string;
  busy: boolean;
  onSend: (text: string) => void;
}

function Words({ label, action, start = "", busy, onSend }: Asked) {
  const [text, setText] = useState(start);
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== "" && !busy) onSend(text.trim());
  };
  return (
    <form onSubmit={send} className="flex flex-col gap-1">
      <label className="flex flex-col gap-1 text-soft">
        {label}
        <textarea rows={start === "" ? 1 : 3} maxLength={4000} value={text} onChange={(event) => setText(event.target.value)} className="rounded-md border border-edge bg-ground px-3 py-2 text-ink" />
      </label>
      <Button type="submit" className="self-end" busy={busy} disabled={text.trim() === ""}>
        {action}
      </Button>
    </form>
  );
}
