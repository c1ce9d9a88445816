/** Decides between signing in and the dashboard, and which page is shown. */
import { useQuery } from "@tanstack/react-query";
import { usePath } from "./address";
import { queries } from "./api/calls";
import { asProblem } from "./api/client";
import { Live } from "./api/live";
import { Home } from "./home/Home";
import { Rules } from "./rules/Rules";
import { Say } from "./say/Say";
import { Shell } from "./shell/Shell";
import { SignIn } from "./signin/SignIn";
import { Empty, Failure, Go, Waiting } from "./ui/parts";

export function App() {
  const me = useQuery(queries.me);
  const path = usePath();
  if (path === "/sign-in" && location.hash.length > 1) return <SignIn link={location.hash.slice(1)} />;
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
        <Page path={path} />
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
    default:
      return (
        <Empty title="There is no such page.">
          <Go to="/">Go home</Go>
        </Empty>
      );
  }
}
