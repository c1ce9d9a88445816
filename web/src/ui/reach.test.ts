import type { KeyboardEvent } from "react";
import { expect, test } from "vitest";
import { turned } from "../market/Through";
import { focusLike, stepOf } from "./reach";

function pressed(key: string, more: object = {}): KeyboardEvent {
  return { key, altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...more } as KeyboardEvent;
}

test("arrows go row by row and stop at either end; other keys, and those with a modifier, are the browser's", () => {
  const to = (key: string, at: number) => stepOf(pressed(key), at, 1_000);
  expect(["ArrowDown", "ArrowUp", "PageDown", "Home", "End"].map((key) => to(key, 5))).toEqual([6, 4, 15, 0, 999]);
  expect([to("ArrowUp", 0), to("PageDown", 995)]).toEqual([0, 999]);
  expect([to("a", 5), to("Tab", 5), stepOf(pressed("Home", { ctrlKey: true }), 5, 10)]).toEqual([null, null, null]);
});

test("the focus goes to the same thing of the other row, or to its first where there is none", () => {
  document.body.innerHTML = "<div id='a'><button>Pause<i> r1</i></button><button>Copy<i> r1</i></button></div><div id='b'><input /><button disabled>Copy<i> r2</i></button><button>Copy<i> r2</i></button></div>";
  const row = document.querySelector<HTMLElement>("#b");
  const [pause, copy] = document.querySelectorAll<HTMLElement>("#a button");
  focusLike(row as HTMLElement, copy ?? null);
  expect(document.activeElement?.outerHTML).toBe("<button>Copy<i> r2</i></button>");
  focusLike(row as HTMLElement, pause ?? null);
  expect(document.activeElement?.tagName).toBe("INPUT");
});

test("time is moved by tenths and zoomed by quarters, never to less than can be read", () => {
  expect(turned({ from: 0, to: 100 }, "ArrowLeft")).toEqual({ from: -10, to: 90 });
  expect(turned({ from: 0, to: 80 }, "+")).toEqual({ from: 10, to: 70 });
  expect(turned({ from: 0, to: 80 }, "-")).toEqual({ from: -10, to: 90 });
  expect(turned({ from: 0, to: 5 }, "+")).toBeNull();
  expect(turned({ from: 0, to: 5 }, "x")).toBeNull();
});
