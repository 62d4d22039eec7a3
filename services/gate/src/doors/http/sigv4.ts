/** AWS Signature Version 4: what the agent's client signed with a key that means nothing is signed anew with the real one. */
import { createHash, createHmac } from "node:crypto";
import { TriplineError } from "@tripline/model";
import { headerOf, type HeaderList } from "./message.ts";

/** What a signature is good for. */
export interface Scope {
  readonly region: string;
  readonly service: string;
}

export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

const NAME = /^[a-z0-9-]{1,64}$/;
/** Made anew with the signature. */
const OURS: ReadonlySet<string> = new Set(["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "date"]);

const refuse = (detail: string): TriplineError => new TriplineError("TL_GATE_INVALID", detail);

/** The scope to sign for: the configured one, else that of the client's own signature. @throws TL_GATE_INVALID for what cannot be signed again */
export function scopeOf(headers: HeaderList, { searchParams }: URL, configured: { readonly region: string | null; readonly service: string | null }): Scope {
  if ([...searchParams.keys()].some((name) => /^x-amz-(?:signature|algorithm|credential)$/i.test(name))) throw refuse("A presigned address cannot be signed anew. Send the request itself.");
  const payload = headerOf(headers, "x-amz-content-sha256") ?? "";
  if (/^STREAMING-/i.test(payload) || /aws-chunked/i.test(headerOf(headers, "content-encoding") ?? "")) throw refuse("A body that is signed chunk by chunk cannot be signed anew. Send it in one piece.");
  const authorization = headerOf(headers, "authorization") ?? "";
  if (headerOf(headers, "x-amz-region-set") !== undefined || /^AWS4-ECDSA/i.test(authorization)) throw refuse("A signature for several regions cannot be made here. Use one region.");
  const [, region = "", service = ""] = /Credential=[^/,\s]+\/\d{8}\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/.exec(authorization) ?? [];
  const scope = { region: configured.region ?? region, service: configured.service ?? service };
  if (!NAME.test(scope.region) || !NAME.test(scope.service)) throw refuse("Neither the request's signature nor the configuration says for which region and service to sign.");
  return scope;
}

/** `<access key id>:<secret access key>`, with `:<session token>` where there is one; null for anything else. */
export function awsKeyOf(secret: string): AwsKey | null {
  const [, accessKeyId = "", secretAccessKey = "", sessionToken] = /^([A-Za-z0-9]{4,128}):([A-Za-z0-9/+=]{8,256})(?::([\x21-\x7e]{1,8192}))?$/.exec(secret) ?? [];
  return secretAccessKey === "" ? null : { accessKeyId, secretAccessKey, sessionToken: sessionToken ?? null };
}

export const withoutSignature = (headers: HeaderList): HeaderList => headers.filter((_, at) => !OURS.has(headers[at - (at % 2)]!.toLowerCase()));

interface Signing {
  readonly method: string;
  readonly url: URL;
  /** Without those that `withoutSignature` takes away. */
  readonly headers: HeaderList;
  readonly body: Buffer | null;
  readonly scope: Scope;
  readonly key: AwsKey;
  readonly nowMs: number;
  /** Signed as well; false for the published examples alone, which have none. */
  readonly withPayloadHash?: boolean;
}

/** Header fields with the signature among them. */
export function signed({ method, url, headers, body, scope, key, nowMs, withPayloadHash = true }: Signing): string[] {
  const moment = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = moment.slice(0, 8);
  const payload = sha256(body ?? "");
  const added = [...headers, "x-amz-date", moment, ...(withPayloadHash ? ["x-amz-content-sha256", payload] : []), ...(key.sessionToken === null ? [] : ["x-amz-security-token", key.sessionToken])];
  const fields = canonicalFields(["host", url.host, ...added]);
  const names = fields.map(([name]) => name).join(";");
  const canonical = [method, canonicalPath(url.pathname, scope.service), canonicalQuery(url), ...fields.map(([name, value]) => `${name}:${value}`), "", names, payload].join("\n");
  const range = `${day}/${scope.region}/${scope.service}/aws4_request`;
  const signingKey = [day, scope.region, scope.service, "aws4_request"].reduce<Buffer | string>((last, part) => hmac(last, part), `AWS4${key.secretAccessKey}`);
  const signature = hmac(signingKey, `AWS4-HMAC-SHA256\n${moment}\n${range}\n${sha256(canonical)}`).toString("hex");
  return [...added, "authorization", `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${range}, SignedHeaders=${names}, Signature=${signature}`];
}

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** Of those that say something of the request; what others on the way may change is left out. */
const SIGNED = /^(?:host|content-type|content-md5|x-amz-.*|x-amzn-.*)$/;

function canonicalFields(headers: HeaderList): readonly (readonly [string, string])[] {
  const byName = new Map<string, string[]>();
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at]!.toLowerCase();
    if (SIGNED.test(name)) byName.set(name, [...(byName.get(name) ?? []), headers[at + 1]!.trim().replace(/ +/g, " ")]);
  }
  return [...byName].map(([name, values]) => [name, values.join(",")] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** RFC 3986. */
const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** S3 signs names as they are; all other services encode the path as it is sent once more. */
function canonicalPath(path: string, service: string): string {
  const plain = service.startsWith("s3") ? (part: string) => decodeURIComponent(part) : (part: string) => part;
  return path.split("/").map((part) => encode(plain(part))).join("/");
}

function canonicalQuery({ search }: URL): string {
  const pairs = search.slice(1).split("&").filter((pair) => pair !== "").map((pair) => {
    const at = pair.indexOf("=");
    const [name, value] = at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
    return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value))] as const;
  });
  return pairs.toSorted(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1)).map((pair) => pair.join("=")).join("&");
}
