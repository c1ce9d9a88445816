/** What there is to do where no wallet announced itself: on a phone wallets live in apps of their own, with a browser inside. */
import { addressOf } from "../address";

const APPS = [
  ["Phantom", "https://phantom.app/ul/browse/"],
  ["Solflare", "https://solflare.com/ul/v1/browse/"],
  ["Backpack", "https://backpack.app/ul/v1/browse/"],
] as const;

export function Elsewhere({ then }: { then: string }) {
  const [page, from] = [location.origin + addressOf("/"), location.origin].map(encodeURIComponent);
  // An app can open only what the world can reach, and only a phone has such apps.
  if (location.protocol !== "https:" || !matchMedia("(pointer: coarse)").matches) {
    return <p className="text-soft">No Solana wallet was found in this browser. With Phantom, Solflare, Backpack or another one installed, {then}; load the page anew after you installed it.</p>;
  }
  return (
    <>
      <p className="text-soft">This browser has no wallet. Your wallet&rsquo;s app has a browser of its own: open SayWhen in it, and {then}.</p>
      <ul className="flex flex-wrap gap-2">
        {APPS.map(([name, browse]) => (
          <li key={name} className="grow">
            <a href={`${browse}${page}?ref=${from}`} rel="noreferrer" className="flex min-h-11 items-center justify-center rounded-md border border-edge bg-raised px-3 font-medium">
              Open in {name}
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
