/** A schedule like "at 9" means the owner's nine, hence the zone is asked for and never taken from the browser alone. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { deeds, queries } from "../api/calls";
import { Button, Failure } from "../ui/parts";

export function Zone() {
  const client = useQueryClient();
  const settings = useQuery(queries.settings);
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const set = useMutation({
    mutationFn: deeds.setTimezone,
    onSuccess: (saved) => client.setQueryData(queries.settings.queryKey, saved),
  });
  if (settings.data === undefined || settings.data.timezone === here) return null;
  return (
    <div className="mb-4 flex flex-wrap items-center justify-between gap-2 rounded-lg border border-line px-4 py-2 text-soft">
      <span>
        Your times are in {settings.data.timezone}, and &ldquo;at 9&rdquo; is nine there. This device is in {here}.
      </span>
      <Button busy={set.isPending} onClick={() => set.mutate(here)}>
        Use {here}
      </Button>
      {set.isError && <Failure error={set.error} />}
    </div>
  );
}

