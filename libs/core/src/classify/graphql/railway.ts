/** Railway's public GraphQL API (backboard.railway.com/graphql/v2), from its published schema. */
import { type Reviewed, REVIEWED, type Row } from "./railway-mutations.ts";
import type { Arguments, GraphqlService, MutationRule } from "./service.ts";

const isTrueOrUnknown = (value: unknown): boolean => value === true || value === undefined;

/** `input` as an object; a whole input that came in by an unknown variable counts as unknown in each field. */
function inputOf(args: Arguments): Arguments {
  const input = args["input"];
  return typeof input === "object" && input !== null ? (input as Arguments) : {};
}

const CONDITIONAL: readonly MutationRule[] = [
  {
    field: "volumeInstanceUpdate",
    when: (args) => inputOf(args)["serviceId"] === null,
    effect: "write",
    reversibility: "recoverable",
    reason: "Detaches the volume from its service; the service loses its data until it is attached again.",
  },
  {
    field: "variableCollectionUpsert",
    when: (args) => isTrueOrUnknown(inputOf(args)["replace"]) && "replace" in inputOf(args),
    effect: "delete",
    reversibility: "irreversible",
    reason: "Replaces the whole set of variables; those not named are deleted and their values are not kept.",
    safer: "Leave out `replace` to add to the set.",
  },
];

const ruleOf =
  ({ effect, reversibility, shared }: Reviewed) =>
  ([field, reason, safer]: Row): MutationRule => ({ field, effect, reversibility, reason, shared, ...(safer === undefined ? {} : { safer }) });

export const RAILWAY: GraphqlService = {
  name: "railway",
  hosts: /(^|\.)(backboard\.)?railway\.(com|app)$/,
  path: /^\/graphql\/(v2|internal)\/?$/,
  mutations: [...CONDITIONAL, ...REVIEWED.flatMap((reviewed) => reviewed.rows.map(ruleOf(reviewed)))],
};
