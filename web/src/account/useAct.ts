/** One act of the owner's, after which what it may have changed is read again. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Done } from "./asks";

const TOUCHED = ["wallets", "approvals", "links", "limits", "keys", "sessions", "audit", "settings", "account"];

export function useAct<Given, Result = Done | undefined>(act: (given: Given) => Promise<Result>, after?: (result: Result) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    ...(after === undefined ? {} : { onSuccess: after }),
    onSettled: () => Promise.all(TOUCHED.map((key) => client.invalidateQueries({ queryKey: [key] }))),
  });
}
