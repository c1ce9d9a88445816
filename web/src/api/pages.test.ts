import { expect, test } from "vitest";
import { instant, wall } from "../ui/local";
import { type Leaf, spliced } from "./pages";

interface Row {
  id: number;
  state: string;
}

function leaf(ids: number[], state = "old", next: string | null = null): Leaf<Row> {
  return { rows: ids.map((id) => ({ id, state })), next };
}

const idOf = (row: Row) => row.id;

test("what is new comes in front, and what is known is brought up to date where it stands", () => {
  const pages = spliced([leaf([3, 2], "old", "2"), leaf([1])], leaf([4, 3], "new", "3"), idOf);
  expect(pages?.map((page) => page.rows.map((row) => `${row.id} ${row.state}`))).toEqual([["4 new", "3 new", "2 old"], ["1 old"]]);
});

test("where rows lie between that nobody read, the list is not patched over the gap", () => {
  expect(spliced([leaf([3, 2])], leaf([9, 8], "new", "8"), idOf)).toBeNull();
});

test("a list that was empty takes what came", () => {
  expect(spliced([leaf([])], leaf([1], "new"), idOf)?.[0]?.rows).toEqual([{ id: 1, state: "new" }]);
});

test("a time of day is the owner's, also on the day the clocks change", () => {
  expect(instant("2026-03-29T03:30", "Europe/Berlin")).toBe("2026-03-29T01:30:00.000Z");
  expect(wall("2026-03-29T01:30:00.000Z", "Europe/Berlin")).toBe("2026-03-29T03:30");
  expect(instant("2026-11-27T09:00", "Asia/Kolkata")).toBe("2026-11-27T03:30:00.000Z");
});
