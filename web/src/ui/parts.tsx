/** The few parts that every page is made of. */
import { type ButtonHTMLAttributes, type ReactNode, useEffect, useId, useLayoutEffect, useRef } from "react";
import { addressOf, go } from "../address";
import { asProblem } from "../api/client";
import { useReach } from "./reach";

export type Tone = "plain" | "good" | "warn" | "bad";

const INK: Record<Tone, string> = { plain: "text-ink", good: "text-good", warn: "text-warn", bad: "text-bad" };
const CHIP: Record<Tone, string> = {
  plain: "border-line text-soft",
  good: "border-good/40 text-good",
  warn: "border-warn/50 text-warn",
  bad: "border-bad/50 text-bad",
};

export function ink(tone: Tone): string {
  return INK[tone];
}

interface Titled {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  /** What came by something that was just done: each time it changes, reading goes on at the title. */
  arrival?: string | undefined;
}

export function Panel({ title, aside, children, arrival }: Titled) {
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (arrival !== undefined) heading.current?.focus();
  }, [arrival]);
  return (
    <section aria-labelledby={id} className="min-w-0 rounded-lg border border-line bg-panel">
      <header className="flex min-h-11 flex-wrap items-center justify-between gap-x-3 gap-y-1 border-b border-line px-4 py-2">
        <h2 ref={heading} id={id} tabIndex={arrival === undefined ? undefined : -1} className="font-semibold">
          {title}
        </h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

export function Chip({ tone = "plain", children, title }: { tone?: Tone; children: ReactNode; title?: string }) {
  return (
    <span title={title} className={`inline-flex items-center gap-1.5 rounded-full border px-2 py-px text-xs font-medium whitespace-nowrap ${CHIP[tone]}`}>
      {children}
    </span>
  );
}

type Weight = "main" | "quiet" | "danger" | "bare" | "bare-danger";
const WEIGHT: Record<Weight, string> = {
  main: "border-accent bg-accent text-ground hover:bg-accent/85",
  quiet: "border-edge bg-raised text-ink hover:border-soft",
  danger: "border-bad/70 bg-transparent text-bad hover:bg-bad/10",
  // In rows by the hundred, where a frame around each would be all that is seen.
  bare: "border-transparent bg-transparent text-soft hover:border-edge hover:text-ink",
  "bare-danger": "border-transparent bg-transparent text-bad hover:border-bad/70",
};

/** While it is busy it takes no press, and keeps the focus: whoever pressed it by key is still there when it is done. */
export function Button({ weight = "quiet", busy = false, children, className = "", onClick, ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { weight?: Weight; busy?: boolean }) {
  const reach = useReach();
  return (
    <button
      type="button"
      tabIndex={reach}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      className={`min-h-9 rounded-md border px-3 py-1.5 font-medium transition-colors disabled:opacity-60 aria-disabled:cursor-default aria-disabled:opacity-60 ${WEIGHT[weight]} ${className}`}
      {...rest}
    >
      {children}
    </button>
  );
}

export function Go({ to, children, className, current }: { to: string; children: ReactNode; className?: string; current?: boolean }) {
  return (
    <a
      href={addressOf(to)}
      aria-current={current === true ? "page" : undefined}
      className={className ?? "font-medium text-accent underline-offset-4 hover:underline"}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}

export function Waiting({ what }: { what: string }) {
  return (
    <p role="status" className="px-4 py-8 text-center text-soft">
      Loading {what} …
    </p>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-3 px-4 py-8 text-center text-soft">
      <p>{title}</p>
      {children}
    </div>
  );
}

export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  const problem = asProblem(error);
  return (
    <div role="alert" className="m-3 rounded-md border border-bad/50 bg-bad/5 px-4 py-3">
      <p className="font-medium text-bad">{problem.message}</p>
      {problem.hint !== "" && <p className="text-soft">{problem.hint}</p>}
      {again !== undefined && (
        <Button className="mt-2" onClick={again}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** A question that must be answered before anything else: a native dialog, which keeps the focus by itself. */
export function Sheet({ title, children, onClose }: { title: string; children: ReactNode; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Closed while it is still in the page, it gives the focus back to what opened it.
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      className="m-auto max-h-[85dvh] w-[min(40rem,calc(100vw-2rem))] overflow-auto rounded-lg border border-line bg-panel p-5 text-ink"
    >
      <h2 id={id} className="mb-3 text-lg font-semibold">
        {title}
      </h2>
      {children}
    </dialog>
  );
}
