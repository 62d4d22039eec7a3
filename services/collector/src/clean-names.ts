/**
 * Names that were looked at lately and held no secret: tools, agents, sessions, environments come with every action, and finding
 * nothing in them again costs more than everything else. Bounded; forgotten as a whole after a while, so that a credential
 * registered meanwhile is soon recognised in a name as well.
 */
export interface CleanNames {
  /** Forgets what is too old; called once for each request. */
  refresh(): void;
  has(tenant: string, text: string): boolean;
  add(tenant: string, text: string): void;
}

const KEPT = 8_192;
const KEPT_MS = 30_000;
/** Longer texts are no names. */
const NAME_CHARS = 64;

export function createCleanNames(clock: () => number): CleanNames {
  const tenants = new Map<string, Set<string>>();
  let kept = 0;
  let forgetAtMs = 0;
  const forget = () => {
    tenants.clear();
    kept = 0;
    forgetAtMs = clock() + KEPT_MS;
  };
  return {
    refresh() {
      if (clock() >= forgetAtMs) forget();
    },
    has: (tenant, text) => tenants.get(tenant)?.has(text) === true,
    add(tenant, text) {
      if (text.length > NAME_CHARS) return;
      if (kept >= KEPT) forget();
      const names = tenants.get(tenant) ?? new Set();
      tenants.set(tenant, names.add(text));
      kept += 1;
    },
  };
}
