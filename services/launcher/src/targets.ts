/** Which services one process runs. The same modules, the same configuration; only where they run differs. */
import { TriplineError } from "@tripline/model";

export const TARGETS = ["collector", "detector", "breaker", "notifier", "gate"] as const;
export type Target = (typeof TARGETS)[number];

export const ALL_TARGETS: ReadonlySet<Target> = new Set(TARGETS);

/** The collector alone keeps nothing but what it appends to the log. */
export function needsStore(targets: ReadonlySet<Target>): boolean {
  return targets.size > 1 || !targets.has("collector");
}

/** Reads `--target`: names apart by commas, or `all`. @throws TL_CONFIG_INVALID naming what there is */
export function parseTargets(text: string): ReadonlySet<Target> {
  const names = text.split(",").map((name) => name.trim());
  if (names.length === 1 && names[0] === "all") return ALL_TARGETS;
  return new Set(
    names.map((name) => {
      const target = TARGETS.find((known) => known === name);
      if (target === undefined) throw new TriplineError("TL_CONFIG_INVALID", `--target: "${name.slice(0, 64)}" is none of ${TARGETS.join(", ")}; or say all.`);
      return target;
    }),
  );
}
