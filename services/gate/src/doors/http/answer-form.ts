/** How an answer of the door is written: as JSON, and for AWS's clients as the protocol of the service writes errors, or their user would read nothing of it. */
import type { Injection } from "../../deps.ts";
import { headerOf, type HeaderList } from "./message.ts";

export type AnswerForm = "json" | "aws-json" | "aws-xml" | "aws-ec2-xml";

export interface Written {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Services whose protocol is REST with XML; those of AWS's query protocol send forms. */
const REST_XML = /^(?:s3|s3-outposts|s3-object-lambda|s3express|route53|cloudfront)$/;

/** By the upstream and by what the client sent. */
export function formFor(inject: Injection | null, headers: HeaderList): AnswerForm {
  if (inject?.kind !== "aws-sigv4") return "json";
  const service = inject.service ?? /Credential=[^/,\s]{1,1024}\/\d{8}\/[^/,\s]{1,64}\/([^/,\s]{1,64})\/aws4_request/.exec(headerOf(headers, "authorization") ?? "")?.[1] ?? "";
  if (REST_XML.test(service)) return "aws-xml";
  if (!/^application\/x-www-form-urlencoded\b/i.test(headerOf(headers, "content-type") ?? "")) return "aws-json";
  return service === "ec2" ? "aws-ec2-xml" : "aws-xml";
}

/** `words`: all that a person needs to know, for clients that show a code and a message alone. */
export function written(form: AnswerForm, body: object, code: string, words: string): Written {
  const named = { "x-amzn-errortype": code };
  if (form === "json") return { text: JSON.stringify(body), headers: JSON_TYPE };
  if (form === "aws-json") return { text: JSON.stringify({ ...body, __type: code, message: words }), headers: { ...JSON_TYPE, ...named } };
  const error = `<Error><Type>Sender</Type><Code>${escaped(code)}</Code><Message>${escaped(words)}</Message></Error>`;
  const text = form === "aws-xml" ? `<ErrorResponse>${error}</ErrorResponse>` : `<Response><Errors>${error}</Errors></Response>`;
  return { text: `<?xml version="1.0" encoding="UTF-8"?>\n${text}`, headers: { "content-type": "application/xml; charset=utf-8", ...named } };
}

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** What XML cannot hold becomes `?`. */
function escaped(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.toWellFormed().replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "?").replace(/[&<>"']/g, (one) => ENTITIES[one] ?? one);
}
