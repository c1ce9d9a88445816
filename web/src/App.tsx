/** Decides between signing in and the dashboard, and which page is shown. */
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { usePath } from "./address";
import { queries } from "./api/calls";
import { asProblem } from "./api/client";
import { Live } from "./api/live";
import { Home } from "./home/Home";
import { Shell } from "./shell/Shell";
import { SignIn } from "./signin/SignIn";
import { Boundary } from "./ui/Boundary";
import { Empty, Failure, Go, Waiting } from "./ui/parts";

// Home comes with the first script; the other pages when they are first gone to.
const Say = lazy(async () => ({ default: (await import("./say/Say")).Say }));
const Rules = lazy(async () => ({ default: (await import("./rules/Rules")).Rules }));
const Market = lazy(async () => ({ default: (await import("./market/Market")).Market }));
const Activity = lazy(async () => ({ default: (await import("./activity/Activity")).Activity }));
const Account = lazy(async () => ({ default: (await import("./account/Account")).Account }));

/** *brought* is a way in that came with the address. */
export function App({ brought }: { brought: (() => Promise<unknown>) | null }) {
  const [door, setDoor] = useState(() => brought);
  const me = useQuery(queries.me);
  const path = usePath();
  if (door !== null) return <SignIn start={door} onEntered={() => setDoor(null)} />;
  if (me.isPending) return <Waiting what="SayWhen" />;
  if (me.isError) {
    const problem = asProblem(me.error);
    if (problem.status === 401) return <SignIn />;
    return (
      <main className="mx-auto max-w-md p-6">
        <Failure error={problem} again={() => void me.refetch()} />
      </main>
    );
  }
  return (
    <Live>
      <Shell>
        <Boundary key={path}>
          <Suspense fallback={<Waiting what="the page" />}>
            <Page path={path} />
          </Suspense>
        </Boundary>
      </Shell>
    </Live>
  );
}

function Page({ path }: { path: string }) {
  switch (path) {
    case "/":
    case "/sign-in":
      return <Home />;
    case "/say":
      return <Say />;
    case "/rules":
      return <Rules />;
    case "/market":
      return <Market />;
    case "/activity":
      return <Activity />;
    case "/account":
      return <Account />;
    default:
      return (
        <Empty title="There is no such page.">
          <Go to="/">Go home</Go>
        </Empty>
      );
  }
}
