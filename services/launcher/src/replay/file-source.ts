/**
 * Files of lines: records as `tripline export` writes them, actions alone, or OTLP in JSON as the OpenTelemetry Collector's file exporter
 * writes it. They are read twice, first for what was stated, so that facts may lie behind the actions that they are about.
 */
import { stat } from "node:fs/promises";
import { TriplineError } from "@tripline/model";
import { type GlobalOptions, loadConfig } from "../commands/options.ts";
import { linesOf } from "./lines.ts";
import { createOtlpReader, type OtlpReader } from "./otlp-lines.ts";
import { actionOf, inTime, type RecordedAction, type Stated, statedOf, type StatedTopic, type Unreadable } from "./recorded.ts";
import { readRecordLine } from "./record-line.ts";
import { type Source, STATED_TOPICS } from "./source.ts";

const TOPICS: ReadonlySet<string> = new Set(STATED_TOPICS);
/** As the log's own lines begin; of others the topic is found by parsing. */
const ACTION_LINE = '{"topic":"actions"';
const OTLP_LINE = /^\s*\{\s*"resource(Spans|Logs)"/u;

export interface FileOptions {
  readonly options: GlobalOptions;
  readonly agent: string | null;
}

/** @throws TL_INPUT_INVALID for what is no file */
export async function openFiles(paths: readonly string[], { options, agent }: FileOptions, unreadable: Unreadable): Promise<Source> {
  let of = 0;
  for (const path of paths) of += await sizeOf(path);
  const config = options.config.length === 0 ? null : await loadConfig(options.config);
  let done = 0;
  return {
    name: paths.length === 1 ? (paths[0] ?? "") : `${paths.length} files`,
    stated: async () => {
      const stated: Stated[] = [];
      for (const path of paths) {
        for await (const lines of linesOf(path, { bytes: () => undefined, tooLong: () => undefined })) {
          for (const line of lines) if (!line.startsWith(ACTION_LINE) && line.includes('"topic"')) stated.push(...statedIn(line, unreadable));
        }
      }
      if (config === null || stated.some(({ kind }) => kind === "fact")) return inTime(stated);
      // A file of actions alone: what the configuration says of their agents is the next best.
      const { configuredStatements } = await import("../explain/configured-registry.ts");
      return inTime([...stated, ...configuredStatements(config).map((fact): Stated => ({ kind: "fact", receiveMs: 0, ...fact }))]);
    },
    async *actions() {
      const otlp = createOtlpReader(config?.tenant ?? "default", agent, unreadable);
      for (const path of paths) {
        for await (const lines of linesOf(path, { bytes: (count) => (done += count), tooLong: () => unreadable.add("line", "too-long") })) yield await actionsIn(lines, otlp, unreadable);
      }
    },
    progress: () => ({ done, of }),
    close: () => Promise.resolve(),
  };
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) throw new TriplineError("TL_INPUT_INVALID", `--from: there is no file ${path}.`);
  return found.size;
}

function statedIn(line: string, unreadable: Unreadable): readonly Stated[] {
  const record = readRecordLine(line);
  if (record === null || !TOPICS.has(record.topic)) return [];
  if (record.undecodable !== null) unreadable.add(record.topic, record.undecodable);
  const stated = record.undecodable === null ? statedOf(record.topic as StatedTopic, record.bytes, record.receiveMs, unreadable) : null;
  return stated === null ? [] : [stated];
}

async function actionsIn(lines: readonly string[], otlp: OtlpReader, unreadable: Unreadable): Promise<readonly RecordedAction[]> {
  const found: RecordedAction[] = [];
  for (const line of lines) {
    const signal = line.startsWith(ACTION_LINE) ? undefined : OTLP_LINE.exec(line)?.[1];
    if (signal === undefined) found.push(...actionIn(line, unreadable));
    else found.push(...(await otlp(line, signal === "Spans" ? "trace" : "log")));
  }
  return found;
}

/** Of another topic's record nothing is said here: it was stated, or is no matter of a replay. */
function actionIn(line: string, unreadable: Unreadable): readonly RecordedAction[] {
  const record = readRecordLine(line);
  if (record === null) return bareAction(line, unreadable);
  if (record.topic !== "actions") return [];
  if (record.undecodable !== null) unreadable.add("actions", record.undecodable);
  const action = record.undecodable === null ? actionOf(record.bytes, unreadable) : null;
  if (action === null) return [];
  return [{ kind: "action", action, receiveMs: record.receiveMs, ...(record.partition === null ? {} : { partition: record.partition }) }];
}

function bareAction(line: string, unreadable: Unreadable): readonly RecordedAction[] {
  if (!line.includes('"callId"')) {
    unreadable.add("line", "neither a record nor an action nor OTLP");
    return [];
  }
  const action = actionOf(Buffer.from(line), unreadable);
  return action === null ? [] : [{ kind: "action", action, receiveMs: action.eventMs }];
}
