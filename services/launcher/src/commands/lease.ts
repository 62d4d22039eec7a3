import type { Lease } from "@tripline/model";
import { type Command, InvalidArgumentError } from "commander";
import { adminClient } from "./admin-client.ts";
import { globals } from "./options.ts";
import { print, time } from "./output.ts";

interface Issued {
  lease: Lease;
  secret: string;
  principal: string | null;
}

/** A life that cannot be read must not silently become the default one. */
function wholeMs(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError("Give whole milliseconds.");
  return Number(text);
}

/** Adds `tripline lease`. */
export function addLease(program: Command): void {
  program
    .command("lease <agent> <provider>")
    .description("issue a credential to an agent under its grant; the secret is printed once")
    .option("--ttl-ms <ms>", "life in milliseconds", wholeMs)
    .action(async (agent: string, provider: string, own: { ttlMs?: number }, command: Command) => {
      const options = globals(command);
      const issued = await adminClient(options).post<Issued>("/v1/leases", { agent, provider, ttlMs: own.ttlMs ?? null });
      print(issued, options.json, () => [`lease ${issued.lease.id} until ${time(issued.lease.expiresAtMs)}`, ...(issued.principal === null ? [] : [`principal ${issued.principal}`]), `secret ${issued.secret}`].join("\n"));
    });
}
