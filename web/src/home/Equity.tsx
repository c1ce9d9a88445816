/** What the account was worth over time, as a curve that needs no chart library. */
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, type PointerEvent, useId, useState } from "react";
import { queries, type Worths } from "../api/calls";
import { moment, signedPercent, signedUsd, toneOf, usd } from "../ui/figures";
import { Segments } from "../ui/fields";
import { Empty, Failure, ink, Panel, Waiting } from "../ui/parts";
import { useZone } from "../ui/zone";

const SPANS = [
  ["5m", "Day"],
  ["1h", "Week"],
  ["4h", "Month"],
] as const;
type Span = (typeof SPANS)[number][0];
const [WIDE, HIGH, ROOM] = [600, 150, 6];

export function Equity() {
  const [span, setSpan] = useState<Span>("5m");
  const worths = useQuery(queries.worths(span));
  const points = worths.data?.points ?? [];
  return (
    <Panel title="Equity" aside={<Segments label="Over the last" options={SPANS} value={span} onPick={setSpan} />}>
      <div className="h-48">
        {worths.isPending && <Waiting what="your equity" />}
        {worths.isError && <Failure error={worths.error} again={() => void worths.refetch()} />}
        {worths.data !== undefined && (points.length < 2 ? <Empty title="The curve begins with your account's first minutes." /> : <Curve points={points} />)}
      </div>
    </Panel>
  );
}

function Curve({ points }: { points: Worths["points"] }) {
  const zone = useZone();
  const id = useId();
  const [at, setAt] = useState<number | null>(null);
  const values = points.map((point) => Number(point.equity));
  const times = points.map((point) => Date.parse(point.at));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  const [begins, ends] = [times[0] ?? 0, times.at(-1) ?? 1];
  const x = (time: number) => (WIDE * (time - begins)) / Math.max(1, ends - begins);
  // A flat line stands in the middle, and cents do not look like mountains.
  const height = Math.max(high - low, high * 0.001);
  const y = (value: number) => HIGH / 2 - ((value - (high + low) / 2) / height) * (HIGH - 2 * ROOM);
  const line = values.map((value, place) => `${place === 0 ? "M" : "L"}${x(times[place] ?? 0).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  const change = String(Number((Number(last.equity) - Number(first.equity)).toFixed(6)));
  const shown = points[at ?? points.length - 1] ?? last;
  const find = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const time = begins + ((event.clientX - box.left) / box.width) * (ends - begins);
    const after = times.findIndex((one) => one >= time);
    setAt(after < 0 ? points.length - 1 : after);
  };
  const step = (event: KeyboardEvent) => {
    const here = at ?? points.length - 1;
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, PageUp: here - 12, PageDown: here + 12, Home: 0, End: points.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setAt(Math.max(0, Math.min(points.length - 1, to)));
  };
  return (
    <figure aria-labelledby={id} className="flex h-full flex-col">
      <figcaption id={id} className="flex flex-wrap justify-between gap-x-4 px-4 pt-2 text-xs text-soft">
        <span>
          <span className="font-medium text-ink">{usd(shown.equity)}</span> at {moment(shown.at, zone)}
        </span>
        <span>
          <span className={ink(toneOf(change))}>
            {signedUsd(change)} ({signedPercent(Number(first.equity) === 0 ? "0" : String((100 * Number(change)) / Number(first.equity)))})
          </span>{" "}
          since {moment(first.at, zone)}
        </span>
      </figcaption>
      <svg role="slider" tabIndex={0} aria-label={`Equity from ${usd(first.equity)} to ${usd(last.equity)}, lowest ${usd(String(low))}, highest ${usd(String(high))}`} aria-valuemin={0} aria-valuemax={points.length - 1} aria-valuenow={at ?? points.length - 1} aria-valuetext={`${usd(shown.equity)} at ${moment(shown.at, zone)}`} onKeyDown={step} onBlur={() => setAt(null)} viewBox={`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" className="min-h-0 w-full grow" onPointerMove={find} onPointerLeave={() => setAt(null)}>
        <path d={`${line}L${WIDE} ${HIGH}L0 ${HIGH}Z`} className="fill-accent/10" />
        <path d={line} fill="none" className="stroke-accent" strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
        {at !== null && <path d={`M${x(times[at] ?? 0)} 0V${HIGH}`} className="stroke-edge" vectorEffect="non-scaling-stroke" />}
      </svg>
    </figure>
  );
}
