/** A rule's next version, in words or in fields: read back like any rule, and confirmed before anything changes. */
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { deeds, type Draft, type Rule } from "../api/calls";
import { Armed } from "../say/Armed";
import { DraftCard } from "../say/DraftCard";
import { Editor } from "../say/Editor";
import { Preview } from "../say/Preview";
import { useWording } from "../say/wording";
import { Button, Sheet } from "../ui/parts";

export function Edit({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  // Fields lead at first: the sentence that the API makes of them stands in the box, and it reads back to this very rule.
  const wording = useWording({ rules: [{ ...rule.spec, id: "r1", after: null, oco_group: null }] });
  const [draft, setDraft] = useState<Draft | null>(null);
  const [armed, setArmed] = useState<string[]>([]);
  const revise = useMutation({
    mutationFn: async () => {
      const [only] = wording.rules;
      // Of a group of rules, the next version stays where it was: that is the rule's, not the words'.
      const body = "rules" in wording.said && only !== undefined ? { rule: { ...only, oco_group: rule.spec.oco_group ?? null } } : { text: wording.words };
      return await deeds.revise(rule.id, body);
    },
    onSuccess: setDraft,
  });
  const leave = () => {
    if (draft !== null && armed.length === 0) void deeds.cancel(draft).catch(() => undefined);
    onClose();
  };
  return (
    <Sheet title={`Edit ${rule.label}`} onClose={leave}>
      <div className="flex flex-col gap-4">
        {armed.length > 0 && <Armed ids={armed} />}
        {draft !== null && armed.length === 0 && <DraftCard draft={draft} onChange={(next) => setDraft(next.state === "cancelled" ? null : next)} onArmed={(ids) => setArmed(ids)} />}
        {draft === null && (
          <>
            <Editor single id="next" wording={wording} label={`What ${rule.label} shall say from now on. Until you confirm, it goes on as it is.`} action="Read it back" acting="Reading …" rows={3} busy={revise.isPending} error={revise.error} onSay={() => revise.mutate()} />
            <Preview rules={wording.rules} onChange={wording.setRules} />
          </>
        )}
        <Button className="self-end" onClick={leave}>
          {armed.length > 0 ? "Done" : "Leave it as it is"}
        </Button>
      </div>
    </Sheet>
  );
}
