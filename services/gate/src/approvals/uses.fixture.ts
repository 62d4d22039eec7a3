/** One approval, used by many at the same moment. */
import { approved, CALLER, hold, runtimesOwn, world } from "./approvals.fixture.ts";

export interface UsesDone {
  readonly uses: number;
  readonly gates: number;
  readonly allowed: number;
  readonly denied: number;
  /** In the log. */
  readonly claims: number;
}

/** Each of three gates over one store and one log gets a third of the uses, all at once. */
export async function runUses(uses: number): Promise<UsesDone> {
  const here = await world();
  try {
    const gates = [await here.gate(), await here.gate(), await here.gate()];
    const id = await hold(gates[0]!, runtimesOwn(here, "c0"));
    await approved(gates[1]!, id);
    here.clock.nowMs += 1_001;
    const answers = await Promise.all(Array.from({ length: uses }, async (_, at) => await gates[at % gates.length]!.decide(CALLER, runtimesOwn(here, `c${at}`, { approvalId: id }))));
    const claims = (await here.records("approvals")).filter(({ status }) => status === "executing").length;
    const counted = (wanted: string): number => answers.filter(({ kind }) => kind === wanted).length;
    return { uses, gates: gates.length, allowed: counted("allow"), denied: counted("deny"), claims };
  } finally {
    await here.close();
  }
}
