import type { Command } from "commander";
import { adminClient } from "./admin-client.ts";
import { globals } from "./options.ts";
import { plain } from "./output.ts";

interface Line {
  topic: string;
  key: string;
  timestampMs: number;
  value: Record<string, unknown>;
}

/** Adds `tripline tail`. */
export function addTail(program: Command): void {
  program
    .command("tail")
    .description("follow actions, findings, breakers, containments and commands as they are recorded")
    .option("--topics <list>", "comma-separated topics", "actions,findings,breakers,containments,commands")
    .action(async (own: { topics: string }, command: Command) => {
      const options = globals(command);
      for await (const line of adminClient(options).lines(`/v1/tail?topics=${encodeURIComponent(own.topics)}`)) {
        process.stdout.write(`${options.json ? plain(line) : human(JSON.parse(line) as Line)}\n`);
      }
    });
}

/** What a person wants to see first of each kind of record. */
function human({ topic, key, timestampMs, value }: Line): string {
  const text = (name: string): string => {
    const field = value[name];
    return typeof field === "string" ? field : "";
  };
  const shown: Record<string, string> = {
    actions: `${text("phase")} ${text("tool")} ${text("operation")}`,
    findings: `${text("weight")} ${text("detector")}: ${text("summary")}`,
    breakers: text("change"),
    containments: text("status"),
    commands: `${text("kind")} by ${text("by")}: ${text("reason")}`,
  };
  return plain(`${new Date(timestampMs).toISOString()} ${topic.padEnd(12)} ${key} ${shown[topic] ?? ""}`.trimEnd());
}
