import { renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { useHeld } from "./held";

test("what is held stays as it was until it is let go", () => {
  const { result, rerender } = renderHook(({ value, held }) => useHeld(value, held), { initialProps: { value: 1, held: false } });
  rerender({ value: 2, held: false });
  expect(result.current).toBe(2);
  rerender({ value: 3, held: true });
  expect(result.current).toBe(2);
  rerender({ value: 4, held: false });
  expect(result.current).toBe(4);
});
