/** Decides between signing in and the dashboard, and which page is shown. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { usePath } from "./address";
import { queries } from "./api/calls";
import { asProblem } from "./api/client";
import { Live } from "./api/live";
import { Home } from "./home/Home";
import { Account, Activity, fetchPages, Market, Rules, Say } from "./pages";
import { Shell } from "./shell/Shell";
import { SignIn } from "./signin/SignIn";
import { Boundary } from "./ui/Boundary";
import { Empty, Failure, Go, Waiting } from "./ui/parts";

/** *brought* is a way in that came with the address. */
export function App({ brought }: { brought: (() => Promise<unknown>) | null }) {
  const [door, setDoor] = useState(() => brought);
  const me = useQuery(queries.me);
  const path = usePath();
  // Whoever was in and is not any more did not come to a door: theirs was shut.
  const [wasIn, setWasIn] = useState(false);
  if (me.isSuccess && !wasIn) setWasIn(true);
  useEffect(() => (me.isSuccess ? fetchPages() : undefined), [me.isSuccess]);
  if (door !== null) return <SignIn start={door} onEntered={() => setDoor(null)} />;
  if (me.isPending) return <Waiting what="SayWhen" />;
  if (me.isError) {
    const problem = asProblem(me.error);
    if (problem.status === 401) return <SignIn ended={wasIn} />;
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
          <Page path={path} />
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
