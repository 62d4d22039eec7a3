/** Drafts to actions: every text redacted, every secret replaced by its fingerprint. Nothing later sees the original. */
import { next, type Step } from "@tripline/runtime";
import type { StorableAction } from "@tripline/model";
import { toAction } from "../action.ts";
import type { Batch, StepDeps } from "../batch.ts";
import { createRedactor } from "../redactor.ts";
import { slices } from "../slices.ts";

export const redact: Step<Batch, StepDeps> = {
  name: "redact",
  async run(batch, deps) {
    const actions: StorableAction[] = [];
    const { tenant } = batch.caller;
    const redactor = createRedactor(tenant, deps);
    const slice = slices();
    const { drafted } = batch;
    for (let index = 0; index < drafted.length; index += 1) {
      const { draft } = drafted[index]!;
      if (index % ACTIONS_EXPECTED === 0) redactor.expect(drafted.slice(index, index + ACTIONS_EXPECTED).map((one) => one.draft.callId));
      redactor.begin();
      actions.push(toAction(draft, batch.identities[index]!, tenant, redactor, deps.fingerprints));
      if (index % ACTIONS_PER_LOOK === 0 && slice.due()) await slice.pause();
    }
    return next({ ...batch, actions });
  },
};

/** Call ids looked at together: a fraction of a slice. */
const ACTIONS_EXPECTED = 256;
/** Actions between two looks at the clock: one of the largest takes a few milliseconds. */
const ACTIONS_PER_LOOK = 4;
