/** `pnpm bench <name>`: one benchmark, its figures as a table, or with `--json` as the last line. */
import { parseArgs } from "node:util";

/** Each lies in a file of its name beside this one and exports `run(options)`; options are whole numbers but for `data`, a directory. */
const BENCHES: Readonly<Record<string, { readonly what: string; readonly options: readonly string[] }>> = {
  ingest: { what: "CPU of decoding OTLP and of durable ingest, each beside a reference", options: ["rounds", "seed"] },
  detect: { what: "CPU and memory of baseline, detectors and risk, beside plain objects", options: ["rounds", "agents", "seed"] },
  stream: { what: "actions of recorded agents a second: classified anew, from memory, and judged alone; time that classifying takes", options: ["rounds", "data"] },
  replay: { what: "CPU of `tripline replay` on the log of a stopped instance, beside reading and decoding alone", options: ["rounds", "actions", "agents", "seed"] },
  contain: { what: "from the first destructive call to the first refusal that an independent client sees", options: ["runs"] },
  gate: { what: "the gate's proxy beside a plain one of undici, its decide API over HTTP and socket beside an empty fastify route, and the decision alone", options: ["calls", "rounds"] },
  failover: { what: "the same on Kafka and PostgreSQL, the agent's detector and breaker killed 0 to 5 s before; and without faults", options: ["runs", "quiet", "seed"] },
  kafka: { what: "CPU per event and end-to-end time on Kafka, beside kafkajs alone and the OpenTelemetry Collector", options: ["rounds", "seed"] },
  agents: { what: "memory of the detector on Kafka and PostgreSQL with many agents, killed twice, and baselines beside those from the log", options: ["agents", "actions", "sample", "memory", "seed"] },
};

interface Bench {
  run(options: Readonly<Record<string, number>>, texts: Readonly<Record<string, string>>): Promise<Record<string, number>>;
}

function usage(): string {
  const width = Math.max(...Object.keys(BENCHES).map((name) => name.length));
  const lines = Object.entries(BENCHES).map(([name, { what, options }]) => `  ${name.padEnd(width)}  ${what}\n${" ".repeat(width + 4)}${options.map((option) => `--${option} ${option === "data" ? "DIR" : "N"}`).join(" ")}`);
  return `pnpm bench <name> [options] [--json] [--help]\n\n${lines.join("\n")}\n`;
}

async function main(args: readonly string[]): Promise<void> {
  const [name = "", ...rest] = args;
  if (name === "--help" || rest.includes("--help")) return void process.stdout.write(usage());
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (bench === undefined) throw new Error(`"${name}" is not a benchmark.`);
  const known = Object.fromEntries(bench.options.map((option) => [option, { type: "string" as const }]));
  const { values } = parseArgs({ args: rest, options: { ...known, json: { type: "boolean", default: false } } });
  const { json, ...texts } = values;
  const data = new Map<string, unknown>(Object.entries(texts)).get("data");
  const options = Object.fromEntries(Object.entries(texts).flatMap(([option, text]) => (option === "data" ? [] : [[option, wholeNumber(option, String(text))]])));
  const module = (await import(new URL(`${name}.ts`, import.meta.url).href)) as Bench;
  const figures = await module.run(options, typeof data === "string" ? { data } : {});
  process.stdout.write(json ? `${JSON.stringify({ bench: name, figures })}\n` : table(figures));
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${option} must be a whole number; got "${text}".`);
  return value;
}

function table(figures: Readonly<Record<string, number>>): string {
  const width = Math.max(...Object.keys(figures).map((figure) => figure.length));
  return Object.entries(figures).map(([figure, value]) => `${figure.padEnd(width)}  ${value}\n`).join("");
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n\n${usage()}`);
  process.exitCode = 1;
}
