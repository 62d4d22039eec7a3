/** The protocols that `--data` can be measured by. */
import { COMMANDS } from "./commands.ts";
import { OPERATIONS } from "./operations.ts";
import type { Protocol } from "./protocol.ts";
import { STATEMENTS } from "./statements.ts";

export const PROTOCOLS: readonly Protocol[] = [COMMANDS, STATEMENTS, OPERATIONS];
