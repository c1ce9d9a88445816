/** Small pictures of the pages, for thumbs; what they mean always stands beside them in words. */
const PATHS = {
  home: "M4 11 12 4l8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z",
  say: "M4 5h16v11H9l-5 4z",
  rules: "M4 6h16M4 12h16M4 18h10",
  market: "M7 4v16M7 8h-.01M4.5 8h5v7h-5zM17 3v18M14.5 6h5v8h-5z",
  activity: "M3 12h4l3-7 4 14 3-7h4",
  account: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-4 4-6 8-6s8 2 8 6",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 24 24" className="size-5" fill="none" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" strokeLinejoin="round">
      <path d={PATHS[name]} />
    </svg>
  );
}
