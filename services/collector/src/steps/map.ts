/** Items to action drafts, by the first dialect that knows them. */
import { next, type Step } from "@tripline/runtime";
import { mapItem, traceContext } from "@tripline/semconv";
import type { Batch, DraftedAction, Rejected, StepDeps } from "../batch.ts";
import { slices } from "../slices.ts";

export const map: Step<Batch, StepDeps> = {
  name: "map",
  async run(batch, { counters }) {
    const context = traceContext(batch.items);
    const drafted: DraftedAction[] = [];
    const rejected: Rejected[] = [];
    const drops = new Map<string, number>();
    const slice = slices();
    const { items } = batch;
    for (let index = 0; index < items.length; index += 1) {
      const item = items[index]!;
      const mapped = mapItem(item, context);
      if (mapped.kind === "actions") for (const draft of mapped.drafts) drafted.push({ draft, item });
      else if (mapped.kind === "drop") drops.set(mapped.reason, (drops.get(mapped.reason) ?? 0) + 1);
      else rejected.push({ item, code: "TL_ITEM_INVALID", reason: mapped.reason });
      if (index % ITEMS_PER_LOOK === 0 && slice.due()) await slice.pause();
    }
    for (const [reason, count] of drops) counters.dropped(reason, count);
    return next({ ...batch, drafted, rejected });
  },
};

/** Items between two looks at the clock. */
const ITEMS_PER_LOOK = 64;
