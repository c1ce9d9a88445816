/** One thing that happened, as it was told: what, when, and what follows from it. */
import type { Notice } from "../api/inbox";
import { moment, unbroken } from "./figures";
import { ink } from "./parts";

export function Told({ notice, zone }: { notice: Notice; zone: string }) {
  return (
    <div className="px-4 py-2.5">
      <p className="flex items-baseline justify-between gap-3">
        <span className={`min-w-0 font-medium break-words ${ink(notice.tone)}`}>{notice.title}</span>
        <time dateTime={notice.at} className="shrink-0 text-xs text-soft">
          {moment(notice.at, zone)}
        </time>
      </p>
      {notice.lines.map((line) => (
        <p key={line} className="break-words text-soft">
          {unbroken(line)}
        </p>
      ))}
    </div>
  );
}
