/** What the provider does wrong meanwhile: about a third of its revocations fail in some way, and one kind of them lies. */
import type { Fault } from "../stand-ins/railway/faults.ts";
import type { RailwayStandIn } from "../stand-ins/railway/index.ts";
import { pick, type Random } from "./random.ts";

const DELETIONS = ["apiTokenDelete", "projectTokenDelete"] as const;
const KINDS: readonly Fault[] = [
  { kind: "execute-then-hang" },
  { kind: "execute-then-reset" },
  { kind: "hang" },
  { kind: "reset" },
  { kind: "status", status: 500 },
  { kind: "status", status: 429, retryAfterSeconds: 1 },
  { kind: "answer-without-effect" },
  { kind: "wrong-json", body: "<html>gateway</html>" },
];
const SHARE = 0.35;

/** Now and then arms one fault for the next deletion. */
export function armFault(railway: RailwayStandIn, random: Random): void {
  if (random() < SHARE) railway.addFault({ ...pick(random, KINDS), operation: pick(random, DELETIONS) });
}

/** The next deletion, of either kind, is carried out and never answered. */
export function armUnanswered(railway: RailwayStandIn): void {
  for (const operation of DELETIONS) railway.addFault({ kind: "execute-then-hang", operation });
}

export function deletionsExecuted(railway: RailwayStandIn): number {
  return railway.state().tokens.filter(({ deletedAtMs }) => deletedAtMs !== null).length;
}
