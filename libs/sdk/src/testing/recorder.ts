/** A loopback collector for tests: records what arrives, answers as told. Runs in the test's process or, as a worker, beside it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenRecord {
  readonly event: string;
  readonly arrivedMs: number;
  readonly attributes: Record<string, unknown>;
  readonly traceId: string;
  readonly spanId: string;
  readonly timeUnixNano: string;
}

export interface SeenRequest {
  readonly path: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly resource: Record<string, unknown>;
  readonly records: SeenRecord[];
  /** Identity of the connection it came by. */
  readonly connection: number;
  readonly body: string;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  delayMs?: number;
  /** Close the connection without an answer. */
  hangUp?: boolean;
}

export interface Recorder {
  readonly endpoint: string;
  readonly requests: SeenRequest[];
  records(): SeenRecord[];
  /** Answers for the next requests, in order; afterwards 200. */
  readonly answers: Answer[];
  waitFor(condition: (records: SeenRecord[]) => boolean, timeoutMs?: number): Promise<void>;
  close(): Promise<void>;
}

interface OtlpAttribute {
  key: string;
  value: { stringValue?: string; intValue?: string; boolValue?: boolean; arrayValue?: { values: { stringValue: string }[] } };
}

function attributesOf(list: OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(
    list.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? (value.intValue === undefined ? value.arrayValue?.values.map((item) => item.stringValue) : Number(value.intValue)),
    ]),
  );
}

interface OtlpBody {
  resourceLogs: {
    resource: { attributes: OtlpAttribute[] };
    scopeLogs: { logRecords: { eventName: string; traceId: string; spanId: string; timeUnixNano: string; attributes: OtlpAttribute[] }[] }[];
  }[];
}

export function readRequest(body: string, arrivedMs: number): Pick<SeenRequest, "resource" | "records" | "body"> {
  const parsed = JSON.parse(body) as OtlpBody;
  const group = parsed.resourceLogs[0];
  const records = group?.scopeLogs.flatMap((scope) => scope.logRecords) ?? [];
  return {
    body,
    resource: attributesOf(group?.resource.attributes ?? []),
    records: records.map(({ eventName, attributes, ...ids }) => ({ event: eventName, arrivedMs, attributes: attributesOf(attributes), ...ids })),
  };
}

export async function startRecorder(port = 0): Promise<Recorder> {
  const requests: SeenRequest[] = [];
  const answers: Answer[] = [];
  const connections = new Map<unknown, number>();
  const take = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    const arrivedMs = Date.now();
    const answer = answers.shift() ?? { status: 200, body: "{}" };
    if (!connections.has(request.socket)) connections.set(request.socket, connections.size + 1);
    requests.push({ path: request.url ?? "", headers: request.headers, connection: connections.get(request.socket) ?? 0, ...readRequest(body, arrivedMs) });
    if (answer.hangUp === true) {
      request.socket.destroy();
      return;
    }
    setTimeout(() => response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers }).end(answer.body ?? "{}"), answer.delayMs ?? 0);
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => take(request, response, Buffer.concat(chunks).toString()));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const records = (): SeenRecord[] => requests.flatMap((request) => request.records);
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answers,
    records,
    async waitFor(condition, timeoutMs = 5_000) {
      const end = Date.now() + timeoutMs;
      while (!condition(records())) {
        if (Date.now() > end) throw new Error(`not seen within ${timeoutMs} ms: ${JSON.stringify(records().map((record) => record.event))}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
