/** How this browser shows the page. Nothing of it leaves the browser. */
import { useState } from "react";
import { Segments } from "../ui/fields";
import { Panel } from "../ui/parts";
import { wish, wished } from "../ui/shade";

const SHADES = [
  ["dark", "Dark"],
  ["light", "Light"],
  ["device", "As the device"],
] as const;

export function Look() {
  const [chosen, setChosen] = useState(wished);
  return (
    <Panel
      title="Appearance"
      aside={
        <Segments
          label="Appearance"
          options={SHADES}
          value={chosen}
          onPick={(shade) => {
            wish(shade);
            setChosen(shade);
          }}
        />
      }
    >
      <p className="px-4 py-3 text-xs text-soft">In this browser only.</p>
    </Panel>
  );
}
