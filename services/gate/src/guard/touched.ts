/** What a held call touches, and which of the databases that the guard backs up is among it. */
import { isIrreversible, isUnknown, levelOf, type Observed, type Registry, type Verdict } from "@tripline/core";
import { UNKNOWN_ENVIRONMENT } from "@tripline/model";
import type { GuardedPlace } from "./settings.ts";
import type { GateCall } from "../call.ts";
import type { Touched, TouchedBy, TouchedTarget } from "./backup-state.ts";

const MAX_OPERATIONS = 16;
const MAX_TARGETS = 16;

export interface TouchingCall {
  readonly call: Pick<GateCall, "request" | "resource" | "injected">;
  readonly observed: Observed;
}

/** Of what a call does, that which a backup could undo. */
export function touchedBy({ call, observed }: TouchingCall, registry: Registry): Touched {
  // What destroys comes first: it is never what the bound leaves out.
  const grave = observed.classification.verdicts.filter(isGrave).toSorted((a, b) => Number(destroys(b)) - Number(destroys(a)));
  const verdicts = grave.length > 0 ? grave : [observed.classification.worst];
  return {
    tenant: observed.action.tenant,
    operations: verdicts.slice(0, MAX_OPERATIONS).map((verdict) => ({ operation: verdict.operation, targets: targetsOf(verdict, call, observed, registry), destroys: destroys(verdict) })),
    isCut: verdicts.length > MAX_OPERATIONS || verdicts.some(namesMore),
  };
}

/** Classification keeps as many targets as this: with that many there may have been more. */
const namesMore = ({ targets, blast }: Verdict): boolean => targets.length >= MAX_TARGETS || (blast?.count ?? 0) > targets.length;

const isGrave = (verdict: Verdict): boolean => isIrreversible(verdict) || isUnknown(verdict) || levelOf(verdict) === "highest";

/** What was sent or started no backup takes back. */
const WITHOUT_LOSS: ReadonlySet<string> = new Set(["create", "publish"]);
const destroys = (verdict: Verdict): boolean => levelOf(verdict) === "highest" || (isIrreversible(verdict) && !WITHOUT_LOSS.has(verdict.effect));

/** Where a target lies is what the inventory or the injected credential says: the call's own word could lead the guard past it. */
function targetsOf(verdict: Verdict, { resource, injected }: TouchingCall["call"], { action: { tenant } }: Observed, registry: Registry): TouchedTarget[] {
  const named = [...verdict.targets, ...(resource === null || verdict.targets.some(({ id }) => id === resource.id) ? [] : [resource])];
  return named.slice(0, MAX_TARGETS).map(({ kind, id }) => ({ kind, id, environment: registry.resource(tenant, kind, id)?.environment ?? injected?.environment ?? UNKNOWN_ENVIRONMENT }));
}

const SQL_OPERATION = /^(?:sql|postgresql)\./u;
/** Its text always names the database. For all other SQL it is the connection that leads to one, and a resource that the call states proves nothing. */
const DROPS_NAMED = "sql.drop-database";
const IN_A_DATABASE: ReadonlySet<string> = new Set(["table", "schema", "view", "sequence", "index", "column", "function", "type", "role", "policy", "trigger"]);

/**
 * Databases that one operation may destroy something of. A database is named by its own name or by a resource that stands for it (its volume).
 * SQL that names none may run on any that lies where the call does: backing up one too many costs time, one too few the data.
 */
export function databasesOf({ operation, targets }: TouchedBy, databases: readonly GuardedPlace[]): GuardedPlace[] {
  if (!SQL_OPERATION.test(operation) || operation === DROPS_NAMED) return databases.filter((place) => targets.some((target) => isNamed(place, target)));
  return databases.filter((place) => targets.length === 0 || targets.some((target) => isNear(place, target)));
}

function isNamed(place: GuardedPlace, { kind, id, environment }: TouchedTarget): boolean {
  const isThis = (kind === "database" && id === place.database) || place.resources.includes(id);
  return isThis && isNear(place, { environment });
}

/** Two environments that are known and differ are two places. */
function isNear({ environment }: Pick<GuardedPlace, "environment">, target: Pick<TouchedTarget, "environment">): boolean {
  return environment === null || target.environment === UNKNOWN_ENVIRONMENT || environment === target.environment;
}

/** In which databases' backups one target of an operation would be found. */
export function databasesOfTarget(target: TouchedTarget, operation: TouchedBy, databases: readonly GuardedPlace[]): GuardedPlace[] {
  return IN_A_DATABASE.has(target.kind) ? databasesOf(operation, databases) : databases.filter((place) => isNamed(place, target));
}
