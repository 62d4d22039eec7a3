import type { AgentRegistration } from "@tripline/model";
import type { Command } from "commander";
import { adminClient } from "./admin-client.ts";
import { globals } from "./options.ts";
import { print, table, time } from "./output.ts";

type Row = AgentRegistration & { state: string; leases: number };

/** Adds `tripline agents`. */
export function addAgents(program: Command): void {
  program
    .command("agents")
    .description("registered agents with the state of their breakers")
    .action(async (_options: unknown, command: Command) => {
      const options = globals(command);
      const answer = await adminClient(options).get<{ agents: Row[] }>("/v1/agents");
      print(answer, options.json, () =>
        table(["AGENT", "ROLE", "ENVIRONMENT", "OWNER", "BREAKER", "LEASES", "BASELINE", "STATUS"], answer.agents.map((a) => [a.agent, a.role ?? "-", a.environment, a.owner, a.state, String(a.leases), baselineOf(a), a.status])),
      );
    });
}

/** What was ordered of its baseline. */
function baselineOf({ baseline }: Row): string {
  const since = baseline?.learnFromMs == null ? "" : ` since ${time(baseline.learnFromMs)}`;
  return baseline?.frozen === true ? `frozen${since === "" ? "" : `, learned${since}`}` : `learns${since}`;
}
