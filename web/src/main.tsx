import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Problem } from "./api/client";
import { App } from "./App";
import { takeBrought } from "./signin/brought";
import { settleIn } from "./signin/miniapp";
import "./style.css";

// Who was signed out elsewhere is shown the door by the first thing that is refused.
const onError = (error: Error) => {
  if (!(error instanceof Problem) || error.status !== 401) return;
  const me = client.getQueryState(["me"]);
  // Once: several are refused at a time, and each would ask anew who this is.
  if (me?.status === "success" && me.fetchStatus === "idle") void client.resetQueries({ queryKey: ["me"] });
};
const client = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // Without a network a question is asked, and fails, like any other: what is not known is said.
      networkMode: "always",
      refetchOnReconnect: true,
      // What was refused stays refused; only silence and trouble on the other side are worth another try.
      retry: (failures, error) => failures < 2 && (!(error instanceof Problem) || error.status === 0 || error.status >= 500),
    },
    // Never again by itself, nor later, when the network is back and nobody looks: what may trade is pressed by a person.
    mutations: { retry: false, networkMode: "always" },
  },
});

const root = document.getElementById("root");
if (root === null) throw new Error("Expected the page to have a root, was none.");
const brought = takeBrought();
settleIn();
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App brought={brought} />
    </QueryClientProvider>
  </StrictMode>,
);
