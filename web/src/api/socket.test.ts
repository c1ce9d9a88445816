import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Frame, LiveSocket, type SocketState } from "./socket";

/** A WebSocket whose other end is the test. */
class Line extends EventTarget {
  sent: unknown[] = [];
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.drop(1000);
  }
  opened(): void {
    this.dispatchEvent(new Event("open"));
  }
  say(frame: Frame): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }
  drop(code: number): void {
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

let calls: Line[] = [];
let states: SocketState[] = [];

function started(renew: () => Promise<boolean> = () => Promise.resolve(true)): LiveSocket {
  const socket = new LiveSocket({
    url: "ws://here/ws",
    protocols: () => ["saywhen.v1"],
    channels: ["rules"],
    onFrame: () => undefined,
    onState: (state) => states.push(state),
    renew,
    random: () => 1,
    open: () => {
      const line = new Line();
      calls.push(line);
      return line as unknown as WebSocket;
    },
  });
  socket.start();
  return socket;
}

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  states = [];
});
afterEach(() => vi.useRealTimers());

test("after a broken line it comes back with the token of the last frame, and says so meanwhile", async () => {
  const socket = started();
  calls[0]?.opened();
  expect(calls[0]?.sent).toEqual([{ subscribe: ["rules"] }]);
  calls[0]?.say({ type: "snapshot", token: "1.7.3" });
  calls[0]?.drop(1006);
  expect(states.at(-1)).toBe("reconnecting");
  await vi.advanceTimersByTimeAsync(500);
  calls[1]?.opened();
  expect(calls[1]?.sent).toEqual([{ subscribe: ["rules"], after: "1.7.3" }]);
  calls[1]?.say({ type: "changes", token: "1.8.3" });
  expect(states.at(-1)).toBe("live");
  socket.stop();
});

test("it waits longer each time it fails", async () => {
  const socket = started();
  for (const wait of [500, 1000, 2000]) {
    const before = calls.length;
    calls.at(-1)?.drop(1006);
    await vi.advanceTimersByTimeAsync(wait - 1);
    expect(calls.length).toBe(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls.length).toBe(before + 1);
  }
  socket.stop();
});

test("a line that says nothing is given up", async () => {
  const socket = started();
  calls[0]?.opened();
  calls[0]?.say({ type: "snapshot", token: "1" });
  await vi.advanceTimersByTimeAsync(41_000);
  expect(states).toContain("reconnecting");
  expect(calls.length).toBe(2);
  socket.stop();
});

test("refused access is renewed once; where it cannot be, the person is signed out", async () => {
  started(() => Promise.resolve(false));
  calls[0]?.drop(4401);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(states.at(-1)).toBe("signed_out");
  expect(calls.length).toBe(1);
});
