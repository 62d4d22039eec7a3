/**
 * `node client-process.ts <client> < requests.json`: sends them one after another as a runtime would that has only its environment (HTTPS_PROXY
 * and an authority's file), and prints what its user reads.
 */
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Sent, Told } from "./world.ts";

type Send = (sent: Sent) => Promise<{ readonly status: number; readonly text: string }>;

async function* parts(whole: string): AsyncGenerator<Buffer> {
  for (let at = 0; at < whole.length; at += 7) yield Buffer.from(whole.slice(at, at + 7));
}

async function fetchLike(): Promise<Send> {
  return async ({ url, method = "GET", headers = {}, body, streamed }) => {
    const init: RequestInit & { duplex?: "half" } = { method, headers };
    if (body !== undefined) Object.assign(init, streamed === true ? { body: ReadableStream.from(parts(body)), duplex: "half" } : { body });
    const response = await fetch(url, init);
    return { status: response.status, text: await response.text() };
  };
}

async function undiciWith(name: "ProxyAgent" | "EnvHttpProxyAgent"): Promise<Send> {
  const { ProxyAgent, EnvHttpProxyAgent, request } = await import("undici");
  const proxy = new URL(process.env["HTTPS_PROXY"]!);
  const token = `Basic ${Buffer.from(`${proxy.username}:${proxy.password}`).toString("base64")}`;
  const dispatcher = name === "EnvHttpProxyAgent" ? new EnvHttpProxyAgent() : new ProxyAgent({ uri: proxy.origin, token });
  return async ({ url, method = "GET", headers = {}, body, streamed }) => {
    const { statusCode, body: answer } = await request(url, { dispatcher, method, headers, body: body === undefined ? null : streamed === true ? Readable.from(parts(body)) : body });
    return { status: statusCode, text: await answer.text() };
  };
}

async function withAxios(): Promise<Send> {
  const { default: axios } = await import("axios");
  return async ({ url, method = "GET", headers = {}, body, streamed }) => {
    const data = body !== undefined && streamed === true ? Readable.from(parts(body)) : body;
    const { status, data: answer } = await axios.request<string>({ url, method, headers: { ...headers }, data, responseType: "text", transformResponse: (one: string) => one, validateStatus: () => true });
    return { status, text: answer };
  };
}

/** A body of `{streamed}` is one of which the SDK does not know all when it begins to send. */
function withBody(input: object): object {
  const { Body } = input as { readonly Body?: { readonly streamed?: string } };
  return Body?.streamed === undefined ? input : { ...input, Body: Readable.from(parts(Body.streamed)) };
}

interface Sends {
  send(command: never): Promise<unknown>;
}

/** Its user reads the service's error, so that is told. */
async function withAws(): Promise<(command: { readonly client: "s3" | "dynamodb" | "rds"; readonly name: string; readonly endpoint: string; readonly input: object; readonly through?: "proxy" | "reverse" }) => Promise<{ readonly status: number; readonly text: string }>> {
  const [{ NodeHttpHandler }, { HttpsProxyAgent }, s3, dynamodb, rds] = await Promise.all([
    import("@smithy/node-http-handler"), import("https-proxy-agent"), import("@aws-sdk/client-s3"), import("@aws-sdk/client-dynamodb"), import("@aws-sdk/client-rds"),
  ]);
  const modules = { s3: [s3, s3.S3Client], dynamodb: [dynamodb, dynamodb.DynamoDBClient], rds: [rds, rds.RDSClient] } as const;
  return async ({ client, name, endpoint, input, through = "proxy" }) => {
    const [commands, Client] = modules[client];
    const requestHandler = through === "proxy" ? new NodeHttpHandler({ httpsAgent: new HttpsProxyAgent(process.env["HTTPS_PROXY"]!) }) : new NodeHttpHandler();
    // The clients differ in nothing that is used here.
    const one: Sends = new Client({ endpoint, region: "eu-central-1", maxAttempts: 1, requestHandler, ...(client === "s3" ? { forcePathStyle: true } : {}) });
    const Command = (commands as unknown as Record<string, new (input: object) => never>)[name]!;
    try {
      const { $metadata, ...output } = (await one.send(new Command(withBody(input)))) as { readonly $metadata: { readonly httpStatusCode?: number }; readonly Body?: { transformToString(): Promise<string> } };
      return { status: $metadata.httpStatusCode ?? 0, text: output.Body === undefined ? JSON.stringify(output) : await output.Body.transformToString() };
    } catch (error) {
      const { $metadata, $response } = error as { readonly $metadata?: { readonly httpStatusCode?: number }; readonly $response?: { readonly body?: unknown; readonly statusCode?: number } };
      if ($metadata?.httpStatusCode === undefined && $response?.statusCode === undefined) throw error;
      return { status: $metadata?.httpStatusCode ?? $response?.statusCode ?? 0, text: wordsOf(error) };
    }
  };
}

/** With those of what caused it. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error instanceof AggregateError ? error.errors.map(wordsOf) : error.cause === undefined ? [] : [wordsOf(error.cause)];
  return [`${error.name}: ${error.message}`, ...inner].join(" <- ");
}

const CLIENTS: Readonly<Record<string, () => Promise<(one: never) => Promise<{ readonly status: number; readonly text: string }>>>> = {
  fetch: fetchLike, axios: withAxios, aws: withAws, ProxyAgent: () => undiciWith("ProxyAgent"), EnvHttpProxyAgent: () => undiciWith("EnvHttpProxyAgent"),
};

const client = process.argv[2] ?? "";
const requests = await text(process.stdin);
const send = await CLIENTS[client]!();
const told: Told[] = [];
for (const one of JSON.parse(requests) as never[]) {
  told.push(await send(one).then((answer) => ({ ...answer, error: null }), (error: unknown) => ({ status: null, text: "", error: wordsOf(error) })));
}
process.stdout.write(JSON.stringify(told), () => process.exit(0));
