/** How the owner is told of what, when it stays quiet, and the slippage they trade with unless they say another. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { queries } from "../api/calls";
import { ask, type Schemas } from "../api/client";
import { Check, Field, Select } from "../ui/fields";
import { Button, Failure, Panel, Waiting } from "../ui/parts";

type Settings = Schemas["SettingsOut"];
type Changes = Partial<Schemas["SettingsIn"]>;
type Topic = keyof Settings["notices"];
type Loudness = Settings["notices"][Topic];

const TOPICS: readonly (readonly [Topic, string])[] = [
  ["fills", "Fills"],
  ["triggers", "Triggers"],
  ["orders", "Orders"],
  ["positions", "Positions"],
  ["rules", "Rules"],
  ["market", "Prices and venue"],
  ["account", "Account"],
];
const LOUDNESS = [
  ["on", "told"],
  ["silent", "without a sound"],
  ["off", "not told"],
] as const;
/** What concerns the safety of the account cannot be switched off. */
const NEVER_OFF = LOUDNESS.slice(0, 2);

export function Notify() {
  const client = useQueryClient();
  const settings = useQuery(queries.settings);
  // Kept here, for what is below begins anew with what was saved.
  const save = useMutation({
    mutationFn: (changes: Changes) => ask<Settings>("PATCH", "/api/settings", changes),
    onSuccess: (saved) => client.setQueryData(queries.settings.queryKey, saved),
  });
  return (
    <Panel title="Notifications">
      {settings.isPending && <Waiting what="notifications" />}
      {settings.isError && <Failure error={settings.error} again={() => void settings.refetch()} />}
      {settings.data !== undefined && <Choose key={JSON.stringify([settings.data.quiet_hours, settings.data.slippage_bps])} settings={settings.data} busy={save.isPending} onSave={save.mutate} />}
      {save.isError && <Failure error={save.error} />}
      <p role="status" className="px-4 pb-3 text-xs text-good empty:hidden">
        {save.isSuccess ? "Saved." : ""}
      </p>
    </Panel>
  );
}

function Choose({ settings, busy, onSave }: { settings: Settings; busy: boolean; onSave: (changes: Changes) => void }) {
  const hours = settings.quiet_hours ?? null;
  const [quiet, setQuiet] = useState(hours !== null);
  const [start, setStart] = useState(hours?.start ?? "23:00");
  const [end, setEnd] = useState(hours?.end ?? "07:00");
  const [slippage, setSlippage] = useState(String(settings.slippage_bps));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSave({ quiet_hours: quiet ? { start, end } : null, slippage_bps: Number(slippage) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 p-4">
      <p className="text-xs text-soft">In linked chats. Everything is always listed under Activity.</p>
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-3">
        {TOPICS.map(([topic, says]) => (
          <Select key={topic} label={says} value={settings.notices[topic] ?? "on"} onChange={(event) => onSave({ notices: { [topic]: event.target.value as Loudness } as Settings["notices"] })} options={topic === "account" ? NEVER_OFF : LOUDNESS} />
        ))}
      </div>
      <div className="flex flex-wrap items-end gap-3">
        <Check label="Quiet hours" checked={quiet} onChange={(event) => setQuiet(event.target.checked)} />
        {quiet && <Field label="From" type="time" value={start} onChange={(event) => setStart(event.target.value)} />}
        {quiet && <Field label="To" type="time" value={end} onChange={(event) => setEnd(event.target.value)} />}
        <Field label="Slippage unless said, bps" inputMode="numeric" className="w-40" value={slippage} onChange={(event) => setSlippage(event.target.value)} />
        <Button type="submit" className="ml-auto" busy={busy}>
          Save
        </Button>
      </div>
    </form>
  );
}
