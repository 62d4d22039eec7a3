/** The protocols of behaviour that `--data` can be measured by. */
import { INJECTIONS } from "./injections.ts";
import type { BehaviourProtocol } from "./protocol.ts";

export const BEHAVIOUR: readonly BehaviourProtocol[] = [INJECTIONS];
