import { expect, test } from "vitest";
import { type Named, placed } from "./place";

const line = (id: string, y: number | null, always = true): Named => ({ id, y, always });

test("a line in sight is named on it, one out of sight at its edge, the nearest first and at most three", () => {
  const names = [line("far", -900), line("in", 200), line("near", -10), line("low", 520), line("mid", -300), line("further", -2000)];
  const found = new Map(placed(names, 800, 400).map((one) => [one.id, one]));
  expect(found.get("in")).toMatchObject({ top: 187, right: 0, edge: "", hidden: false });
  expect(["near", "mid", "far"].map((id) => found.get(id))).toMatchObject([
    { edge: "above", top: 0, right: 0 },
    { edge: "above", top: 0, right: 124 },
    { edge: "above", top: 0, right: 248 },
  ]);
  expect(found.get("further")?.hidden).toBe(true);
  expect(found.get("low")).toMatchObject({ edge: "below", top: 374, hidden: false });
});

test("names never cover each other, and what is only a hint is not shown on its line", () => {
  const found = placed([line("a", 100), line("b", 105), line("hint", 110, false), line("unknown", null)], 800, 400);
  expect(found.map((one) => one.right)).toEqual([0, 62, 0, 0]);
  expect(found.map((one) => one.hidden)).toEqual([false, false, true, true]);
});

test("on a narrow chart one name stands at an edge", () => {
  const found = placed([line("a", -5), line("b", -50)], 200, 300);
  expect(found.map((one) => one.hidden)).toEqual([false, true]);
});
