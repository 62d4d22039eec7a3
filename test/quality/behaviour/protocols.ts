/** The protocols of behaviour that `--data` can be measured by. */
import { ACTS } from "./acts.ts";
import { INJECTIONS } from "./injections.ts";
import { STREAMS } from "./streams.ts";
import type { BehaviourProtocol } from "./protocol.ts";

export const BEHAVIOUR: readonly BehaviourProtocol[] = [INJECTIONS, STREAMS, ACTS];
