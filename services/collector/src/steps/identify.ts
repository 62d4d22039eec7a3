/**
 * Whose actions these are. The channel decides: an agent's token speaks for that agent whatever the telemetry says. A relay's
 * token speaks for the agents of its list, if the item names exactly one of them. Everything else is filed under the relay
 * itself as `claimed`, so that no reader can mistake it for another agent's.
 */
import { isId } from "@tripline/model";
import { next, type Step } from "@tripline/runtime";
import { claimedAgents } from "@tripline/semconv";
import type { Batch, Identity, StepDeps } from "../batch.ts";
import type { Counters } from "../counters.ts";
import type { TokenBinding } from "../tokens.ts";

export const identify: Step<Batch, StepDeps> = {
  name: "identify",
  run(batch, { counters }) {
    const { caller } = batch;
    const own: Identity = { agent: caller.agent, assurance: "channel", claimedAgent: null };
    return next({ ...batch, identities: batch.drafted.map(({ item }) => identityOf(claimedAgents(item), caller, own, counters)) });
  },
};

/** The identity of one item, from what it claims and what its channel may say; `own` is the agent's. Counts every mismatch. */
function identityOf(claims: readonly string[], caller: TokenBinding, own: Identity, counters: Pick<Counters, "mismatch">): Identity {
  if (caller.kind === "relay") return relayed(claims, caller, counters);
  const other = claims.find((claim) => claim !== caller.agent);
  if (other === undefined) return own;
  counters.mismatch("channel");
  return { ...own, claimedAgent: other };
}

function relayed(claims: readonly string[], caller: TokenBinding, counters: Pick<Counters, "mismatch">): Identity {
  const [claim, second] = claims;
  const filed = { agent: caller.agent, assurance: "claimed", claimedAgent: claim ?? null } as const;
  if (claim === undefined) {
    counters.mismatch("relay-unnamed");
    return filed;
  }
  // Two names: an agent behind the relay may have written one of them.
  if (second !== undefined) {
    counters.mismatch("relay-ambiguous");
    return filed;
  }
  if (isId(claim) && caller.agents.includes(claim)) return { agent: claim, assurance: "relay", claimedAgent: null };
  counters.mismatch("relay-unlisted");
  return filed;
}
