/** P1: agents whose tools return injected instructions, against their own history. */
import type { DataFile } from "../data/data-set.ts";
import { setName } from "../classification/protocol.ts";
import { SETTINGS, foldsOf } from "./folds.ts";
import { type Outcome, Records, testFold } from "./injection.ts";
import { injectionFigures, type RoleMeasured } from "./injection-figures.ts";
import type { BehaviourProtocol } from "./protocol.ts";
import { readAll, Reading, type RowReader } from "./reading.ts";
import { isTestedSession, testedSession, type TestedSession } from "./tested-sessions.ts";

const READER: RowReader<TestedSession> = {
  recognises: isTestedSession,
  read: (row, file) => testedSession(row, file, setName(file.stem)),
  calls: ({ session }) => session.calls.length,
};

export const INJECTIONS: BehaviourProtocol = {
  name: "P1",
  what: "sessions of agents that read injected instructions, against each role's own history",
  async run(files: readonly DataFile[], options) {
    const reading = new Reading();
    const sessions = await readAll(files, READER, reading, options);
    if (sessions.length === 0) return null;
    const roles: RoleMeasured[] = [];
    for (const [role, own] of byRole(sessions)) {
      const records = new Records();
      for (const setting of SETTINGS) {
        const outcomes: Outcome[] = foldsOf(own, setting).flatMap((fold) => testFold(fold, own[0]!.session.agent, records));
        if (outcomes.length === 0) continue;
        roles.push(injectionFigures(`p1.${role}.${setting}`, outcomes));
        options.progress(`P1 ${role} ${setting}: ${outcomes.length} sessions tested`);
      }
    }
    const figures = roles.flatMap((role) => role.figures);
    const calls = figures.filter(({ name }) => name.endsWith(".calls")).reduce((sum, { value }) => sum + value, 0);
    return { name: "P1", what: INJECTIONS.what, figures, calls, reading, misses: roles.flatMap((role) => role.misses), roles };
  },
};

/** By set and role, in the order of their names. */
function byRole(sessions: readonly TestedSession[]): [role: string, sessions: TestedSession[]][] {
  const roles = new Map<string, TestedSession[]>();
  for (const one of sessions) {
    const role = `${one.set}.${setName(one.session.agent)}`;
    const own = roles.get(role);
    if (own === undefined) roles.set(role, [one]);
    else own.push(one);
  }
  return [...roles].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
