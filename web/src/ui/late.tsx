/** Parts that are loaded when they are first wanted; where they do not come, the rest stays and there is a way on. */
import { type ComponentType, useEffect, useState } from "react";
import { Problem } from "../api/client";
import { useSocketState } from "../api/live";
import { Failure, Waiting } from "./parts";

/** How long what surrounds a heavy part may take to be painted: nobody sees a chart come a twelfth of a second later. */
const PAINTED_MS = 80;

/** A component that arrives later, and `fetch` for whoever sees it coming. */
export type Late<Props> = ComponentType<Props> & { fetch: () => Promise<void> };

/**
 * *what* stands in "Loading what …"; *load* may be asked again after it failed. A part that is *heavy* is made once what
 * stands around it has been painted: whoever pressed something sees at once that it happened.
 */
export function late<Props extends object>(what: string, load: () => Promise<ComponentType<Props>>, heavy = false): Late<Props> {
  let loaded: ComponentType<Props> | null = null;
  let coming: Promise<void> | null = null;
  const fetch = () => {
    coming ??= load().then(
      (came) => {
        loaded = came;
      },
      (error: unknown) => {
        coming = null;
        throw error;
      },
    );
    return coming;
  };
  function Part(props: Props) {
    const [here, setHere] = useState(loaded !== null && !heavy);
    const [failed, setFailed] = useState(false);
    const now = useSocketState();
    const [line, setLine] = useState(now);
    if (now !== line) {
      setLine(now);
      if (now === "live") setFailed(false); // SayWhen is back: so may this be
    }
    useEffect(() => {
      let gone = false;
      if (!here && !failed) {
        fetch().then(
          () => (heavy ? painted : at)(() => !gone && setHere(true)),
          () => !gone && setFailed(true),
        );
      }
      return () => {
        gone = true;
      };
    }, [here, failed]);
    const Loaded = loaded;
    if (Loaded !== null && here) return <Loaded {...props} />;
    if (failed) return <Failure error={new Problem(0, "not_loaded", `This could not be loaded: ${what}.`, "SayWhen may be away, or was made anew since you opened it. Your rules go on without this page.")} again={() => void anew(fetch, () => setFailed(false))} />;
    return <Waiting what={what} />;
  }
  return Object.assign(Part, { fetch });
}

const at = (act: () => unknown) => void act();
const painted = (act: () => unknown) => void requestAnimationFrame(() => setTimeout(act, PAINTED_MS));

/** Once more; and where only the page itself is too old for what is there now, the page anew. */
async function anew(fetch: () => Promise<void>, onHere: () => void): Promise<void> {
  try {
    await fetch();
    onHere();
  } catch {
    const answer = await globalThis.fetch("/", { method: "HEAD" }).catch(() => null);
    if (answer?.ok === true) location.reload();
  }
}
