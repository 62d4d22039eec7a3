/** CPU of other processes, all their threads, user and system: what the kernel counted, so that nothing has to run in them. */
import { readFileSync } from "node:fs";

/** Linux counts in hundredths of a second on every architecture; a turn takes some hundred of them. */
const TICK_US = 10_000;
/** Fields of `stat` behind the command's name, which may hold anything but ends with the last parenthesis. */
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;

/** Microseconds since each process began, added up. @throws where there is no /proc, or a process has ended */
export function cpuUsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticksOf(pid) * TICK_US, 0);
}

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS]);
}
