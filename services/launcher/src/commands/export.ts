import { once } from "node:events";
import type { Command } from "commander";
import { globals } from "./options.ts";
import { plain } from "./output.ts";

/** Adds `tripline export`. */
export function addExport(program: Command): void {
  program
    .command("export")
    .description("everything that a replay needs, as lines of JSON in the order of receipt: what was stated and ordered, what tripped, then the actions; of a stopped instance from the log it left")
    .action(async (_flags: unknown, command: Command) => {
      const { exportLines } = await import("../replay/export-lines.ts");
      for await (const line of exportLines(globals(command))) {
        // Actions are large and many: nothing may pile up before a slow pipe.
        if (!process.stdout.write(`${plain(line)}\n`)) await once(process.stdout, "drain");
      }
    });
}
