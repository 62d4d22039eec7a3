import type { BreakerRecord } from "@tripline/model";
import type { Command } from "commander";
import { accountName } from "./account-name.ts";
import { adminClient } from "./admin-client.ts";
import { globals } from "./options.ts";
import { print, table } from "./output.ts";

interface Answer {
  commandId: string;
  applied: boolean;
  breakers: BreakerRecord[];
}

interface Order {
  readonly kind: "trip" | "panic" | "hold" | "release" | "reset";
  readonly usage: string;
  readonly description: string;
  /** Said below the options. */
  readonly note?: string;
}

const SAY_FALSE = `
Was the trip a false alarm? Say so by the word "false" in the reason: \`tripline replay\` and \`tripline tune\` count it by that.
  tripline reset staging-coder --reason "false: a planned clean-up"`;

const ORDERS: readonly Order[] = [
  { kind: "trip", usage: "trip <agent>", description: "open an agent's breaker by hand: revoke and verify all its credentials" },
  { kind: "hold", usage: "hold <agent>", description: "deny an agent until the hold is released; revokes nothing" },
  { kind: "release", usage: "release <agent> <hold>", description: "release one hold by its id (see `tripline breakers`)" },
  { kind: "reset", usage: "reset <agent>", description: "after a trip: let the agent probe with read-only actions; refused while a hold stands", note: SAY_FALSE },
  { kind: "panic", usage: "panic [agent]", description: "trip one agent, or with --all every agent of the tenant" },
];

/** Adds `tripline trip|hold|release|reset|panic`. */
export function addOrders(program: Command): void {
  for (const order of ORDERS) {
    const command = program.command(order.usage).description(order.description).option("--reason <text>", "why, for the record", `ordered with tripline ${order.kind}`).option("--by <who>", "who orders it", accountName());
    if (order.kind === "panic") command.option("--all", "every agent of the tenant", false);
    if (order.note !== undefined) command.addHelpText("after", order.note);
    command.action(async (...args: unknown[]) => {
      const self = args.at(-1) as Command;
      const [agent, holdId] = self.args;
      await run(order, agent, holdId, self);
    });
  }
}

/** Adds `tripline revoke`: what a containment left to a human, of one credential. */
export function addRevoke(program: Command): void {
  program
    .command("revoke <credential>")
    .description("revoke a credential that a trip left to a human, and probe it until it is refused (see `tripline breakers`)")
    .option("--trip <id>", "the trip, where several wait for it")
    .option("--reason <text>", "why, for the record", "ordered with tripline revoke")
    .option("--by <who>", "who orders it", accountName())
    .action(async (credentialId: string, { trip, reason, by }: { trip?: string; reason: string; by: string }, command: Command) => {
      const options = globals(command);
      const answer = await adminClient(options).post<Answer>("/v1/commands", { kind: "revoke", agent: null, credentialId, tripId: trip ?? null, by, reason });
      print(answer, options.json, () => `revoke ${answer.commandId} is ${answer.applied ? "applied" : "recorded and not applied yet"}: see with tripline breakers when the credential is refused; an alert tells it as well.`);
    });
}

async function run(order: Order, agent: string | undefined, holdId: string | undefined, command: Command): Promise<void> {
  const options = globals(command);
  const { reason, by, all } = command.opts<{ reason: string; by: string; all?: boolean }>();
  if (agent === undefined && all !== true) throw new Error("Name an agent, or use --all for every agent of the tenant.");
  if (agent !== undefined && all === true) throw new Error("Name an agent or use --all, not both.");
  const body = { kind: order.kind, agent: agent ?? null, holdId: holdId ?? null, by, reason };
  const answer = await adminClient(options).post<Answer>("/v1/commands", body);
  print(answer, options.json, () => human(order, answer));
}

function human(order: Order, answer: Answer): string {
  const rows = answer.breakers.map((b) => [b.agent, b.holds.length > 0 ? "held" : b.position.state, b.change, b.holds.map((hold) => hold.id).join(" ")]);
  const outcome = answer.applied ? `${order.kind} ${answer.commandId} is applied.` : `${order.kind} ${answer.commandId} is recorded and not applied yet.`;
  return `${outcome}\n${table(["AGENT", "BREAKER", "LAST CHANGE", "HOLDS"], rows)}`;
}
