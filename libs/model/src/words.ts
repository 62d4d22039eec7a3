/**
 * The closed vocabularies of Tripline. Every list is the source of both the type and its run-time check,
 * so a value that is not in the list cannot be stored.
 */
import { Type } from "typebox";

/** What an operation does to the world. `read` is the only effect without a side effect. */
export const EFFECTS = ["read", "write", "create", "delete", "admin", "execute", "publish"] as const;
export type Effect = (typeof EFFECTS)[number];

/** `recoverable` = undone from something that exists (a trash, a version); `irreversible` = only a backup elsewhere helps. */
export const REVERSIBILITIES = ["reversible", "recoverable", "irreversible", "unknown"] as const;
export type Reversibility = (typeof REVERSIBILITIES)[number];

/** attempt = before execution; decision = a gate or human answered; result = it ran (or was refused). */
export const PHASES = ["attempt", "decision", "result"] as const;
export type Phase = (typeof PHASES)[number];

/**
 * How far the identity on an action can be trusted. `channel`: the ingest token or certificate belongs to exactly this agent.
 * `relay`: an OpenTelemetry Collector allowed to report for a stated set of agents. `claimed`: attributes alone; shown, never acted on.
 */
export const ASSURANCES = ["channel", "relay", "claimed"] as const;

/** Where an argument's value was first seen in this session. A value out of tool output is the strongest single sign of a hijacked call. */
export const PROVENANCES = ["task", "tool-output", "novel"] as const;
export type Provenance = (typeof PROVENANCES)[number];

/** Stands for an environment that nothing names. All others are free names, as in OpenTelemetry's `deployment.environment.name`. */
export const UNKNOWN_ENVIRONMENT = "unknown";

/** A schema for one of a list of words. `Unsafe` carries the type, which the builder cannot infer from a mapped array. */
export const literals = <T extends string>(values: readonly T[]) => Type.Unsafe<T>(Type.Union(values.map((v) => Type.Literal(v))));

/** Milliseconds since the Unix epoch, UTC. */
export const EpochMs = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** Version of a fact: starts at 1 and grows by one with each change. 0 where a verdict rests on no such fact, or on a default. */
export const FactVersion = Type.Integer({ minimum: 0 });
