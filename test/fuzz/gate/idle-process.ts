/** Does nothing beside the others: what its loop is held up by is the machine. */
import { LoopWatch } from "./loop-watch.ts";

let watch = new LoopWatch();
process.on("message", (asked) => {
  if (asked === "measure") watch = new LoopWatch();
  else process.send?.({ kind: "state", loop: watch.read() });
});
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(0));
process.send?.({ kind: "ready" });
