/** Long lists of which only what is in sight is in the page. The page itself scrolls, as people expect of a page. */
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef, useState } from "react";

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
    overscan: 6,
    scrollMargin: margin,
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
  return { frame, rows, shown, margin };
}

export function List<Item>(props: Listed<Item>) {
  const { frame, rows, shown, margin } = useRows(props);
  return (
    <div ref={frame}>
      <ul aria-label={props.label} className="relative" style={{ height: rows.getTotalSize() }}>
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
              {props.render(item)}
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
  const { frame, rows, shown, margin } = useRows(props);
  return (
    <div role="table" aria-label={props.label} aria-rowcount={props.items.length + 1}>
      <div role="rowgroup">
        <div role="row" aria-rowindex={1} className={`hidden gap-4 border-b border-line px-4 py-2 text-xs text-soft lg:grid ${props.grid}`}>
          {props.heads.map((head) => (
            <span key={head} role="columnheader">
              {head}
            </span>
          ))}
        </div>
      </div>
      <div ref={frame} role="rowgroup" className="relative" style={{ height: rows.getTotalSize() }}>
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
              {props.render(item)}
            </div>
          );
        })}
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
