/** Where rules are said: words, and the same rules as fields, with what was understood told as it is typed. */
import { type FormEvent, type ReactNode, useState } from "react";
import { asProblem } from "../api/client";
import { late } from "../ui/late";
import { Button, Failure, Go } from "../ui/parts";
import type { Wording } from "./wording";

const RuleForm = late("the fields", async () => (await import("./form/RuleForm")).RuleForm);

interface Said {
  wording: Wording;
  label: string;
  action: string;
  acting: string;
  busy: boolean;
  error: unknown;
  single?: boolean;
  rows?: number;
  id?: string;
  children?: ReactNode;
  onSay: () => void;
}

export function Editor({ wording, label, action, acting, busy, error, single = false, rows = 4, id = "words", children, onSay }: Said) {
  const [fields, setFields] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!wording.empty && !busy) onSay();
  };
  return (
    <form onSubmit={submit} className="rounded-lg border border-line bg-panel p-4">
      <label htmlFor={id} className="mb-2 block text-soft">
        {label}
      </label>
      <textarea
        id={id}
        rows={rows}
        maxLength={4000}
        value={wording.words}
        onChange={(event) => wording.setWords(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
        }}
        className="field-sizing-content max-h-72 min-h-16 w-full resize-y rounded-md border border-edge bg-ground px-3 py-2 text-base"
      />
      <Understood wording={wording} />
      <div className="mt-2 flex flex-wrap items-center justify-between gap-3">
        <Button aria-expanded={fields} onClick={() => setFields(!fields)}>
          {fields ? "Hide the fields" : "Fill in fields instead"}
        </Button>
        <span className="ml-auto text-xs text-soft">Nothing trades before you confirm.</span>
        <Button weight="main" type="submit" busy={busy} disabled={wording.empty}>
          {busy ? acting : action}
        </Button>
      </div>
      {fields && (
        <div className="mt-4">
          <RuleForm rules={wording.rules} single={single} onChange={wording.setRules} />
        </div>
      )}
      {wording.error != null && <Failure error={wording.error} />}
      {error != null && <Refusal error={error} />}
      {children}
    </form>
  );
}

/** Where the buttons are for what words asked for and make no rule: the API's hint is for programs. */
const PLACES = [
  [/order|trade/, "/activity", "Orders and trades are under Activity."],
  [/position|account|price/, "/", "Positions, prices and your account are on Home."],
  [/rule|everything/, "/rules", "Rules are paused, resumed and deleted under Rules, one or all."],
] as const;

function Refusal({ error }: { error: unknown }) {
  const problem = asProblem(error);
  const place = problem.code === "command" ? PLACES.find(([asked]) => asked.test(problem.message)) : undefined;
  if (place === undefined) return <Failure error={error} />;
  return (
    <div role="alert" className="mt-3 rounded-md border border-edge px-4 py-3">
      <p>{place[2]}</p>
      <Go to={place[1]}>Go there</Go>
    </div>
  );
}

/** Two lines are always kept free, so that nothing moves while it is typed. */
function Understood({ wording }: { wording: Wording }) {
  const { empty, clear, remark, reading, words } = wording;
  const sentence = reading?.sentence ?? "";
  const says = empty ? "" : clear && sentence !== words ? sentence : remark;
  return (
    <p aria-live="polite" className={`mt-1 min-h-10 text-xs break-words whitespace-pre-line ${clear ? "text-good" : "text-soft"}`}>
      {clear && says !== "" && <span className="sr-only">Understood: </span>}
      {says}
    </p>
  );
}
