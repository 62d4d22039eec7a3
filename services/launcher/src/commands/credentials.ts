import type { CredentialRecord } from "@tripline/model";
import type { Command } from "commander";
import { adminClient } from "./admin-client.ts";
import { globals } from "./options.ts";
import { plain, print, table } from "./output.ts";

interface Provider {
  provider: string;
  kind: string;
  status: string;
  detail: string;
  unregistered: { providerRef: string; kind: string; name: string }[] | null;
}

/** Adds `tripline credentials`. */
export function addCredentials(program: Command): void {
  program
    .command("credentials")
    .description("the inventory; whether each provider could revoke now; what exists there that nobody registered")
    .action(async (_options: unknown, command: Command) => {
      const options = globals(command);
      const answer = await adminClient(options).get<{ credentials: CredentialRecord[]; providers: Provider[] }>("/v1/credentials");
      print(answer, options.json, () => human(answer.credentials, answer.providers));
    });
}

function human(credentials: CredentialRecord[], providers: Provider[]): string {
  const inventory = table(
    ["CREDENTIAL", "PROVIDER", "ENVIRONMENT", "REACH", "ISSUED TO", "ALSO USED BY", "AUTO-REVOKE", "STATUS"],
    credentials.map((c) => [c.id, c.provider, c.environment, c.reach.join(" ") || "-", c.issuedTo.join(" ") || "-", c.alsoUsedBy.join(" ") || "-", c.autoRevoke, c.status]),
  );
  const checks = table(["PROVIDER", "KIND", "COULD REVOKE", "DETAIL"], providers.map((p) => [p.provider, p.kind, p.status, p.detail]));
  const unknown = providers.flatMap((p) => (p.unregistered ?? []).map((c) => `  ${plain(c.name)} (${plain(c.kind)} ${plain(c.providerRef)}) at ${plain(p.provider)}`));
  const warning = unknown.length === 0 ? [] : ["", "Not in the inventory: if an agent uses one of these, Tripline cannot tell whose it is and cannot revoke it.", ...unknown];
  return [inventory, "", checks, ...warning].join("\n");
}
