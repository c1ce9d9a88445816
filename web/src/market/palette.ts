/** The theme's colours as a canvas needs them: it knows no variables. */
const NAMES = ["ground", "panel", "line", "edge", "ink", "soft", "accent", "good", "bad", "warn"] as const;
export type Palette = Record<(typeof NAMES)[number], string>;

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--color-${name}`).trim()])) as Palette;
}

/** What is drawn over candles, told apart without relying on colour alone: each has its own dashes too. */
export type Tone = "trigger" | "draft" | "entry" | "liquidation";

export function colourOf(tone: Tone, colours: Palette): string {
  return { trigger: colours.accent, draft: colours.warn, entry: colours.soft, liquidation: colours.bad }[tone];
}
