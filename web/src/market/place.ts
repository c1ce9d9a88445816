/** Where the names of a chart's lines go: on the line, or at the edge behind which the line lies. */

export interface Named {
  id: string;
  /** Where its line is in pixels from the top; null where the chart does not know yet. */
  y: number | null;
  /** Whether it is shown on its line too, or only to say where a line out of sight is. */
  always: boolean;
}

export interface Placed {
  id: string;
  top: number;
  /** From the right edge of the candles. */
  right: number;
  edge: "" | "above" | "below";
  hidden: boolean;
}

export const HEIGHT = 26;
const ON_LINE = 62;
const AT_EDGE = 124;
/** Of the lines behind one edge, the nearest; all of them stand in the list beside the chart. */
const MOST = 3;

/** For a chart with *width* × *height* pixels of candles. */
export function placed(names: readonly Named[], width: number, height: number): Placed[] {
  const edgeOf = (y: number) => (y < 0 ? "above" : y > height ? "below" : "");
  const known = names.flatMap(({ id, y, always }) => (y === null ? [] : [{ id, y, always, edge: edgeOf(y) } as const]));
  const fits = Math.max(1, Math.min(MOST, Math.floor(width / AT_EDGE)));
  const above = known.filter((one) => one.edge === "above").toSorted((a, b) => b.y - a.y);
  const inside = known.filter((one) => one.edge === "" && one.always).toSorted((a, b) => a.y - b.y);
  const below = known.filter((one) => one.edge === "below").toSorted((a, b) => a.y - b.y);
  const shown = [...above.slice(0, fits), ...inside, ...below.slice(0, fits)];
  let last = { top: Number.NEGATIVE_INFINITY, end: 0 };
  const found = new Map<string, Placed>();
  for (const { id, y, edge } of shown) {
    const top = Math.min(Math.max(y - HEIGHT / 2, 0), height - HEIGHT);
    const wide = edge === "" ? ON_LINE : AT_EDGE;
    const beside = top - last.top < HEIGHT ? last.end : 0; // next to the one it would cover
    const right = beside + wide > width ? 0 : beside;
    last = { top, end: right + wide };
    found.set(id, { id, top, right, edge, hidden: false });
  }
  return names.map(({ id }) => found.get(id) ?? { id, top: 0, right: 0, edge: "", hidden: true });
}
