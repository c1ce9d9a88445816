/** The chart, whose library is the dearest script of all: loaded where a chart is shown. */
import { late } from "../ui/late";

export const Chart = late("the chart", async () => (await import("./Chart")).Chart, true);
