/** The owner's time zone, as the account has it. */
import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/calls";

export function useZone(): string {
  return useQuery(queries.settings).data?.timezone ?? "UTC";
}
