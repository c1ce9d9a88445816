/** Going through a chart's time by the keyboard: what a drag, a wheel and a pinch do with a hand. */
import { type KeyboardEvent, useEffect, useEffectEvent, useState } from "react";
import { moment } from "../ui/figures";
import type { ChartParts } from "./draw";

interface Seen {
  from: number;
  to: number;
}

export function Through({ parts, bars, zone }: { parts: ChartParts; bars: number; zone: string }) {
  const [said, setSaid] = useState("");
  const [place, setPlace] = useState(100);
  const time = parts.chart.timeScale();
  const tell = () => {
    const [seen, range] = [time.getVisibleLogicalRange(), time.getVisibleRange()];
    if (seen === null || range === null) return;
    setPlace(Math.round(Math.max(0, Math.min(100, (100 * seen.to) / Math.max(1, bars)))));
    setSaid([range.from, range.to].map((at) => moment(new Date(Number(at) * 1_000).toISOString(), zone)).join(" to "));
  };
  const told = useEffectEvent(tell);
  useEffect(() => {
    const frame = requestAnimationFrame(told); // once the candles are drawn
    return () => cancelAnimationFrame(frame);
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- each time that candles came
  }, [bars]);
  const press = (event: KeyboardEvent) => {
    const seen = time.getVisibleLogicalRange();
    if (seen === null) return;
    if (event.key === "End") time.scrollToRealTime();
    else {
      const next = turned(seen, event.key);
      if (next === null) return;
      time.setVisibleLogicalRange(next);
    }
    event.preventDefault();
    requestAnimationFrame(tell);
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label="Time in sight. Left and right move it, plus and minus zoom."
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={place}
      aria-valuetext={said}
      onFocus={tell}
      onKeyDown={press}
      className="pointer-events-none absolute inset-0 rounded -outline-offset-2!"
    />
  );
}

/** What is in sight after *key*; null where the key is not ours. */
export function turned({ from, to }: Seen, key: string): Seen | null {
  const wide = to - from;
  const shift = { ArrowLeft: -wide / 10, ArrowRight: wide / 10, PageUp: -wide, PageDown: wide }[key];
  if (shift !== undefined) return { from: from + shift, to: to + shift };
  const more = { "+": -wide / 8, "=": -wide / 8, "-": wide / 8 }[key];
  return more === undefined || wide + 2 * more < 5 ? null : { from: from - more, to: to + more };
}
