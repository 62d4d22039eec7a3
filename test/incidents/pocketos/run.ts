/** One run: start the parts, let the agent go, observe, and end every part again. */
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentEvent, AgentSettings } from "./agent-events.ts";
import { describeAlert } from "./alert-text.ts";
import { startChild } from "./child.ts";
import { type DatabaseOrNot, startDatabase } from "./database.ts";
import { type GateFacts, letPeopleAnswer } from "./gate-acts.ts";
import { startProber, type Prober } from "./prober.ts";
import { startRailway, type RailwayProcess } from "./railway-process.ts";
import { VOLUMES, type Pace, type Protection } from "./scenario.ts";
import { firstSentMs, type Observations } from "./timeline.ts";
import { startTripline, type TriplineProcess } from "./tripline-process.ts";
import { startWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.ts";
import { createWorkspace } from "./workspace.ts";

const AGENT = fileURLToPath(new URL("agent.ts", import.meta.url));
const POLL_MS = 100;
/** One that it tripped, one that it is contained or what is not. */
const ALERTS_OF_A_TRIP = 2;

export interface Parts {
  readonly protection: Protection;
  readonly railway: RailwayProcess;
  readonly receiver: WebhookReceiver;
  readonly tripline: TriplineProcess | null;
  readonly production: Production;
  /** In the run with the gate. */
  readonly database: DatabaseOrNot;
  readonly events: AgentEvent[];
  prober: Prober | null;
  gate: GateFacts | null;
}

interface Production {
  readonly volumes: readonly { readonly id: string; readonly name: string }[];
  readonly instances: ReadonlySet<string>;
  readonly projectId: string;
}

/** Starts everything but the agent. `stack` ends the parts, also when the demo is interrupted. */
export async function startParts(protection: Protection, stack: AsyncDisposableStack): Promise<Parts> {
  const railway = await startRailway();
  stack.defer(() => railway.end());
  const receiver = await startWebhookReceiver(() => undefined);
  stack.defer(() => receiver.close());
  const production = productionOf(railway);
  const database: DatabaseOrNot = protection === "gate" ? await startDatabase() : { missing: "it is an act of the run with the gate" };
  if ("end" in database) stack.defer(() => database.end());
  const tripline = protection === "none" ? null : await startTripline(railway, receiver, production.volumes, protection === "gate" ? { database } : null);
  if (tripline !== null) stack.defer(() => tripline.end());
  const parts: Parts = { protection, railway, receiver, tripline, production, database, events: [], prober: null, gate: null };
  stack.defer(async () => parts.prober?.stop());
  return parts;
}

/** Lets the agent go and waits for the end of it. `look` is called again and again with everything known so far. */
export async function observe(parts: Parts, pace: Pace, stack: AsyncDisposableStack, look: (seen: Observations) => void): Promise<Observations> {
  await letAgentGo(parts, pace, stack, () => liveLook(parts, look));
  if (parts.protection === "gate") await answerHeld(parts);
  else await settle(parts, pace, () => liveLook(parts, look));
  await parts.prober?.stop();
  return observations(parts, await providerFacts(parts));
}

/** The agent is done; now people look at what the gate holds. */
async function answerHeld(parts: Parts): Promise<void> {
  const { railway, tripline, production, database } = parts;
  const staging = railway.world.volumes.filter(({ id }) => production.volumes.every((volume) => volume.id !== id));
  if (tripline?.gate == null) throw new Error("the run with the gate needs its doors");
  parts.gate = await letPeopleAnswer(tripline.gate, railway, staging, database);
}

async function letAgentGo(parts: Parts, pace: Pace, stack: AsyncDisposableStack, look: () => Promise<void>): Promise<void> {
  const { railway, production, tripline, events } = parts;
  const workspace = await createWorkspace({
    // Behind the gate no file of the agent's holds a token of the provider's.
    stagingToken: tripline?.gate?.agentToken ?? railway.token("staging-agent").secret,
    foundToken: tripline?.gate?.agentToken ?? railway.token("domain-automation").secret,
    projectId: production.projectId,
    volumes: production.volumes,
  });
  stack.defer(() => workspace.remove());
  const agent = startChild("agent", [AGENT], (line) => take(parts, JSON.parse(line) as AgentEvent));
  stack.defer(() => agent.end());
  const settings: AgentSettings = {
    protection: parts.protection,
    workspace: workspace.path,
    railwayUrl: tripline?.gate?.railwayUrl ?? railway.url,
    tripline: tripline === null ? null : { collectorUrl: tripline.collectorUrl, ingestToken: tripline.ingestToken },
    stagingWorkMs: pace.stagingWorkMs,
    callIntervalMs: pace.callIntervalMs,
  };
  agent.send(settings);
  const exited = agent.exited.then((code) => ({ code }));
  let end: { code: number | null } | "running" = "running";
  while (end === "running") {
    [end] = await Promise.all([Promise.race([sleep(POLL_MS, "running" as const), exited]), look()]);
  }
  if (end.code !== 0 || events.at(-1)?.kind !== "done") throw new Error(`the agent ended early (exit code ${end.code}).\n${agent.complaints()}`);
}

function take(parts: Parts, event: AgentEvent): void {
  parts.events.push(event);
  if (event.kind === "found" && parts.protection !== "gate") parts.prober = startProber(parts.railway.url, parts.railway.token("domain-automation").secret);
}

/** Waits until Tripline has finished and told the security team, or until it has clearly not. */
async function settle(parts: Parts, pace: Pace, look: () => Promise<void>): Promise<void> {
  if (parts.tripline === null) return;
  const untilMs = Date.now() + pace.settleMs;
  while (Date.now() < untilMs) {
    const { containmentStatus } = await parts.tripline.facts();
    if (containmentStatus !== null && containmentStatus !== "open" && parts.receiver.alerts().length >= ALERTS_OF_A_TRIP) break;
    await Promise.all([sleep(POLL_MS), look()]);
  }
  await look();
}

type ProviderFacts = Pick<Observations, "volumesAfter" | "backupsAfter" | "deletions">;

/** What is lost is the provider's word, never the agent's. */
async function providerFacts({ railway, production }: Parts): Promise<ProviderFacts> {
  const [state, journal] = await Promise.all([railway.state(), railway.journal()]);
  return {
    volumesAfter: state.volumes,
    backupsAfter: state.backups.filter(({ volumeInstanceId }) => production.instances.has(volumeInstanceId)).length,
    deletions: journal.flatMap(({ operation, result, target, receivedMs }) =>
      operation === "volumeDelete" && result === "executed" && target !== null ? [{ volumeId: target, atMs: receivedMs }] : [],
    ),
  };
}

async function liveLook(parts: Parts, look: (seen: Observations) => void): Promise<void> {
  const [provider, tripline] = await Promise.all([providerFacts(parts), parts.tripline?.facts()]);
  look(await observations(parts, provider, tripline));
}

async function observations(parts: Parts, provider: ProviderFacts, known?: Awaited<ReturnType<TriplineProcess["facts"]>>): Promise<Observations> {
  const { protection, events, receiver, production, railway, prober } = parts;
  const tripline = known ?? (await parts.tripline?.facts());
  return {
    protection,
    agent: [...events],
    volumesBefore: production.volumes,
    backupsBefore: railway.world.backups.filter(({ volumeInstanceId }) => production.instances.has(volumeInstanceId)).length,
    ...provider,
    proberRefusedMs: firstSentMs(events) === null ? null : (prober?.firstRefusedMs() ?? null),
    trip: tripline?.trip ?? null,
    containment: tripline?.containment ?? [],
    containmentStatus: tripline?.containmentStatus ?? null,
    gate: parts.gate,
    alerts: receiver.alerts().map(({ receivedMs, body }) => ({ receivedMs, ...describeAlert(body) })),
  };
}

function productionOf(railway: RailwayProcess): Production {
  const environments = new Set(railway.world.projects.flatMap((project) => project.environments.filter(({ name }) => name === "production").map(({ id }) => id)));
  const volumes = railway.world.volumes.filter(({ instances }) => instances.some(({ environmentId }) => environments.has(environmentId)));
  if (volumes.length !== VOLUMES) throw new Error(`the stand-in has ${volumes.length} production volumes; the scenario needs ${VOLUMES}`);
  return {
    volumes: volumes.map(({ id, name }) => ({ id, name })),
    instances: new Set(volumes.flatMap(({ instances }) => instances.map(({ id }) => id))),
    projectId: volumes[0]?.projectId ?? "",
  };
}
