/** What was typed and not yet read: kept for this tab, so that a reload, another page or an ended session loses none of it. */
import type { Said } from "./wording";

const KEPT = "saywhen.typed";
const NOTHING: Said = { text: "" };

/** What *owner* last typed in this tab. Nobody is shown another's words. */
export function typedBy(owner: number | undefined): Said {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") as { owner?: number; said?: Said };
    return kept.owner === owner && kept.said !== undefined ? kept.said : NOTHING;
  } catch {
    return NOTHING; // a frame may have no storage
  }
}

export function keepTyped(owner: number | undefined, said: Said): void {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ owner, said }));
  } catch {
    // then it lives as long as the page
  }
}
