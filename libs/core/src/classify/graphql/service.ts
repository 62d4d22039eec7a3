/** One file per GraphQL service states what is known of its mutations; `services.ts` lists them. */
import type { Knowledge } from "../compose.ts";

/** Argument values with variables put in; a value that no one can know here is `undefined`. */
export type Arguments = Readonly<Record<string, unknown>>;

export interface MutationRule extends Omit<Knowledge, "operation"> {
  readonly field: string;
  /** Narrows the rule to calls with these arguments. Must be true also where the arguments are unknown. */
  readonly when?: (args: Arguments) => boolean;
  /** Other services have a mutation of this name: where no URL is given, it tells no service. */
  readonly shared?: boolean;
}

export interface GraphqlService {
  /** First half of the canonical operation: `railway` in `railway.volumeDelete`. */
  readonly name: string;
  readonly hosts: RegExp;
  /** Path of the endpoint: recognises the API behind a tunnel or proxy on loopback. Null where the path is the usual `/graphql`. */
  readonly path: RegExp | null;
  readonly mutations: readonly MutationRule[];
}
