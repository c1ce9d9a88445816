/** The theme's colours as a canvas needs them: it knows neither variables nor what the system calls its own. */
const NAMES = ["ground", "panel", "line", "edge", "ink", "soft", "accent", "good", "bad", "warn"] as const;
export type Palette = Record<(typeof NAMES)[number], string>;

export function palette(): Palette {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.transitionProperty = "none"; // or the first colour would stand for all, on its way to the next
  const found = NAMES.map((name) => {
    probe.style.color = `var(--color-${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(found) as Palette;
}

/** What is drawn over candles, told apart without relying on colour alone: each has its own dashes too. */
export type Tone = "trigger" | "draft" | "entry" | "liquidation";

export function colourOf(tone: Tone, colours: Palette): string {
  return { trigger: colours.accent, draft: colours.warn, entry: colours.soft, liquidation: colours.bad }[tone];
}
