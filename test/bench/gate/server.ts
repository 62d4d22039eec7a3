/** One side of the comparison in a process of its own: the gate, or a fastify route that parses the same body and answers nothing of use. */
import { fastify } from "fastify";
import { startGateWorld } from "../../gate-world.ts";

export type Side = "gate" | "empty";
export interface Started {
  readonly url: string;
  readonly socketPath: string;
}

/** Of each partition: a long run must not measure a growing heap. */
const KEEP_RECORDS = 1_000;

async function start(side: Side): Promise<Started> {
  if (side === "gate") return await startGateWorld(KEEP_RECORDS);
  const app = fastify({ logger: false });
  app.post("/v1/decisions", (_request, reply) => reply.send({ ok: true }));
  return { url: await app.listen({ host: "127.0.0.1", port: 0 }), socketPath: "" };
}

const [side] = process.argv.slice(2);
if (side === "gate" || side === "empty") {
  const { url, socketPath } = await start(side);
  process.send?.({ url, socketPath } satisfies Started);
  process.on("disconnect", () => process.exit(0));
}
