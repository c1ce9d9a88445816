import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Problem } from "./api/client";
import { App } from "./App";
import { takeBrought } from "./signin/brought";
import { settleIn } from "./signin/miniapp";
import "./style.css";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // What was refused stays refused; only silence and trouble on the other side are worth another try.
      retry: (failures, error) => failures < 2 && (!(error instanceof Problem) || error.status === 0 || error.status >= 500),
    },
    // Never again by itself: what may have traded is looked at by a person first.
    mutations: { retry: false },
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
