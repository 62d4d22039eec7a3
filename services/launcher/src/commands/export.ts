import { once } from "node:events";
import type { Command } from "commander";
import { globals } from "./options.ts";
import { plain } from "./output.ts";

/** Adds `tripline export`. */
export function addExport(program: Command): void {
  program
    .command("export")
    .description("everything that a replay needs, as lines of JSON in the order of receipt: what was stated and ordered, what tripped, then the actions")
    .action(async (_flags: unknown, command: Command) => {
      const [{ adminClient }, { STATED_TOPICS }] = await Promise.all([import("./admin-client.ts"), import("../replay/source.ts")]);
      const client = adminClient(globals(command));
      for (const topic of [...STATED_TOPICS, "actions"]) {
        for await (const line of client.lines(`/v1/records?topic=${topic}&order=received`)) {
          // Actions are large and many: nothing may pile up before a slow pipe.
          if (!process.stdout.write(`${plain(line)}\n`)) await once(process.stdout, "drain");
        }
      }
    });
}
