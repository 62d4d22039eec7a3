/** Commands given to a container or a remote runner: what runs inside is what happens. */
import type { Verdict } from "../verdict.ts";
import type { Invocation, Runner } from "./invocation.ts";
import { contained } from "./wrappers.ts";

const ENGINES = /^(docker|podman|nerdctl|docker-compose|podman-compose|kubectl|oc|lxc)$/;

/** Verdicts on what `call` runs elsewhere, or null where it runs nothing. */
export function wrappedCall(call: Invocation, run: Runner): readonly Verdict[] | null {
  return ENGINES.test(call.program) ? contained(call, run) : null;
}
