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

/** Of a call's inputs, which are redacted already. */
const SHOWN_CHARS = 120;

function within(part: unknown, name: string): string {
  const field = typeof part === "object" && part !== null ? (part as Record<string, unknown>)[name] : null;
  return typeof field === "string" ? field : "";
}

function proven(items: unknown): string {
  if (!Array.isArray(items)) return "";
  return `: ${items.filter((item) => within(item, "state") === "verified").length} of ${items.length} credentials refused to a probe`;
}

const TRIPS: ReadonlySet<string> = new Set(["trip", "reset-tripped"]);

/** What a person wants to see first of each kind of record. */
function human({ topic, key, timestampMs, value }: Line): string {
  const text = (name: string): string => {
    const field = value[name];
    return typeof field === "string" ? field : "";
  };
  const shown: Record<string, string> = {
    actions: `${text("phase")} ${text("tool")} ${text("operation") || within(value["inputs"], "text").slice(0, SHOWN_CHARS)}${within(value["outcome"], "status")}`,
    findings: `${text("weight")} ${text("detector")}: ${text("summary")}`,
    breakers: `${text("change")}: ${within(value["position"], "state")}${TRIPS.has(text("change")) ? `. ${within(value["trip"], "summary")}` : ""}`,
    containments: `${text("status")}${proven(value["items"])}`,
    commands: `${text("kind")} by ${text("by")}: ${text("reason")}`,
  };
  return plain(`${new Date(timestampMs).toISOString()} ${topic.padEnd(12)} ${key} ${shown[topic] ?? ""}`.trimEnd());
}
