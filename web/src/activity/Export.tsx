/** A list as a file, with the filters that are set. */
import { useMutation } from "@tanstack/react-query";
import { fetchFile } from "../api/calls";
import { Button, Failure } from "../ui/parts";

export function Export({ addressOf }: { addressOf: (format: "csv" | "json") => string }) {
  const save = useMutation({ mutationFn: (format: "csv" | "json") => fetchFile(addressOf(format)) });
  return (
    <span className="flex flex-wrap justify-end gap-2">
      {(["csv", "json"] as const).map((format) => (
        <Button key={format} className="!min-h-7 !py-0.5 text-xs" busy={save.isPending} onClick={() => save.mutate(format)}>
          <span className="sr-only">Export as </span>
          {format.toUpperCase()}
        </Button>
      ))}
      {save.isError && <Failure error={save.error} />}
    </span>
  );
}
