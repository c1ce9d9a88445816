/** Long lists of which only what is in sight is in the page. The page itself scrolls, as people expect of a page. */
import { defaultRangeExtractor, type Range, useWindowVirtualizer } from "@tanstack/react-virtual";
import { type FocusEvent, type KeyboardEvent, type ReactNode, useCallback, useEffect, useId, useRef, useState } from "react";
import { focusLike, Reached, stepOf } from "./reach";

interface Listed<Item> {
  label: string;
  items: readonly Item[];
  keyOf: (item: Item) => string | number;
  /** Height of a row in pixels before it is measured. */
  estimate: number;
  render: (item: Item) => ReactNode;
  /** Near the end: more is wanted. */
  onEnd?: (() => void) | undefined;
  nameOf?: (item: Item) => string;
}

const NEAR = 30;

function useRows<Item>({ items, keyOf, estimate, onEnd }: Listed<Item>) {
  const frame = useRef<HTMLDivElement>(null);
  // The row that has the focus stays in the page however far one scrolls, or the focus would fall out of it.
  const [held, setHeld] = useState<number | null>(null);
  const hand = held === null ? null : Math.min(held, items.length - 1);
  const rangeExtractor = useCallback((range: Range) => (hand === null || hand < 0 ? defaultRangeExtractor(range) : [...new Set([...defaultRangeExtractor(range), hand])].toSorted((a, b) => a - b)), [hand]);
  const [margin, setMargin] = useState(0);
  useEffect(() => {
    // What stands above may grow, and then the page does.
    const watch = new ResizeObserver(() => setMargin(frame.current === null ? 0 : Math.round(frame.current.getBoundingClientRect().top + scrollY)));
    watch.observe(document.body);
    return () => watch.disconnect();
  }, []);
  // oxlint-disable-next-line react/incompatible-library -- nothing here is memoized by a compiler
  const rows = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => estimate,
    overscan: 3,
    useFlushSync: false, // rows are measured many at a time: each on its own would draw the list anew
    scrollMargin: margin,
    rangeExtractor,
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  const near = last >= items.length - NEAR;
  useEffect(() => {
    if (near) onEnd?.();
  }, [near, onEnd, items.length]);
  const rowOf = (place: number) => frame.current?.querySelector<HTMLElement>(`[data-index="${place}"]`) ?? null;
  const onFocus = (event: FocusEvent<HTMLElement>) => {
    const place = Number(event.target.closest<HTMLElement>("[data-index]")?.dataset["index"] ?? Number.NaN);
    if (Number.isInteger(place)) setHeld(place);
  };
  const onBlur = (event: FocusEvent<HTMLElement>) => {
    if (!event.currentTarget.contains(event.relatedTarget)) setHeld(null);
  };
  // Where Tab comes in: the row that has the focus, or else the first in sight.
  const at = hand ?? rows.range?.startIndex ?? 0;
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const from = event.target instanceof HTMLElement && event.target.closest("[data-index]") !== null ? event.target : null;
    const to = from === null ? null : stepOf(event, at, items.length);
    if (to === null) return;
    event.preventDefault();
    setHeld(to);
    rows.scrollToIndex(to, { align: "auto" });
    // Once it is there: a row far off is drawn only now.
    requestAnimationFrame(() => requestAnimationFrame(() => rowOf(to)?.isConnected === true && focusLike(rowOf(to) as HTMLElement, from)));
  };
  return { frame, rows, shown, margin, at, keys: { onFocus, onBlur, onKeyDown } };
}

/** Told to those who cannot see it, shown while somebody is about by the keyboard. */
function Hint({ id }: { id: string }) {
  return (
    <div className="pointer-events-none sticky top-14 z-10 flex h-0 justify-end px-4 opacity-0 group-has-[:focus-visible]:opacity-100">
      <p id={id} className="h-6 -translate-y-1/2 rounded border border-edge bg-raised px-2 py-0.5 text-xs text-soft">
        Arrow keys go from row to row.
      </p>
    </div>
  );
}

export function List<Item>(props: Listed<Item>) {
  const { frame, rows, shown, margin, at, keys } = useRows(props);
  const id = useId();
  return (
    <div ref={frame} className="group" {...keys}>
      <Hint id={id} />
      <ul aria-label={props.label} aria-describedby={id} className="relative" style={{ height: rows.getTotalSize() }}>
        {shown.map((place) => {
          const item = props.items[place.index];
          if (item === undefined) return null;
          return (
            <li
              key={place.key}
              ref={rows.measureElement}
              data-index={place.index}
              aria-label={props.nameOf?.(item)}
              aria-setsize={props.items.length}
              aria-posinset={place.index + 1}
              className="absolute inset-x-0 top-0 border-b border-line"
              style={{ transform: `translateY(${place.start - margin}px)` }}
            >
              <Reached value={place.index === at ? undefined : -1}>{props.render(item)}</Reached>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

interface Columns {
  heads: readonly string[];
  /** Tailwind's grid columns from `lg` on; narrower, a row arranges its own cells. */
  grid: string;
}

export function Table<Item>(props: Listed<Item> & Columns) {
  const { frame, rows, shown, margin, at, keys } = useRows(props);
  const id = useId();
  return (
    <div className="group">
      <Hint id={id} />
      <div role="table" aria-label={props.label} aria-describedby={id} aria-rowcount={props.items.length + 1}>
        <div role="rowgroup">
          <div role="row" aria-rowindex={1} className={`hidden gap-4 border-b border-line px-4 py-2 text-xs text-soft lg:grid ${props.grid}`}>
            {props.heads.map((head) => (
              <span key={head} role="columnheader">
                {head}
              </span>
            ))}
          </div>
        </div>
        <div ref={frame} role="rowgroup" {...keys} className="relative" style={{ height: rows.getTotalSize() }}>
          {shown.map((place) => {
            const item = props.items[place.index];
            if (item === undefined) return null;
            return (
              <div
                key={place.key}
                ref={rows.measureElement}
                data-index={place.index}
                role="row"
                aria-rowindex={place.index + 2}
                className={`absolute inset-x-0 top-0 grid items-baseline gap-x-4 border-b border-line px-4 py-2 ${props.grid}`}
                style={{ transform: `translateY(${place.start - margin}px)` }}
              >
                <Reached value={place.index === at ? undefined : -1}>{props.render(item)}</Reached>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

export function Cell({ children, className = "" }: { children?: ReactNode; className?: string }) {
  return (
    <div role="cell" className={`min-w-0 ${className}`}>
      {children}
    </div>
  );
}
