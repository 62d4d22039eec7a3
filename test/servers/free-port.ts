/**
 * A port of loopback that is still free after a while: below those that the system gives to connections and to whoever asks for any.
 * What is killed and started again at the same address could find a stranger there otherwise, and never come back.
 */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

const LOWEST = 15_000;
/** Linux begins at 32,768 with ports that it chooses itself. */
const BEYOND = 32_768;
const ATTEMPTS = 100;

const given = new Set<number>();

/** Never the same twice in one process. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST, BEYOND);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${ATTEMPTS} ports from ${LOWEST} on is free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
