/** curl, wget, HTTPie and `gh api`: the request they would send goes to the HTTP classifier. */
import { unknownVerdict } from "../compose.ts";
import { classifyHttp, type HttpRequest } from "../http/http.ts";
import type { Verdict } from "../verdict.ts";
import type { Handler, Invocation, Runner } from "./invocation.ts";
import { hasFlag, type Options, optionNames, readOptions, valueOf } from "./options.ts";
import { HOLE, type Word } from "./word.ts";

const CURL = optionNames(
  "-X --request -d --data --data-raw --data-binary --data-ascii --data-urlencode --json -F --form --form-string -H --header -u --user -A --user-agent -o --output -T --upload-file " +
    "--url -e --referer -b --cookie -c --cookie-jar -m --max-time --connect-timeout -w --write-out --retry --retry-delay -x --proxy --cacert --cert --key -E -K --config --resolve --unix-socket -r --range --limit-rate --interface -D --dump-header --oauth2-bearer --aws-sigv4",
);
const DATA = ["-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--data-urlencode", "--json"] as const;

const curl: Handler = (call, run) => {
  const options = readOptions(call.args, CURL);
  const urls = [...(options.values.get("--url") ?? []), ...options.operands];
  if (urls.length === 0) return hasFlag(options, "--help", "--version", "-V", "-h") ? [helpOf(call)] : [];
  const data = DATA.flatMap((name) => options.values.get(name) ?? []);
  const isForm = ["-F", "--form", "--form-string"].some((name) => options.values.has(name));
  const upload = valueOf(options, "-T", "--upload-file");
  const asGet = hasFlag(options, "-G", "--get");
  const implied = hasFlag(options, "-I", "--head") ? "HEAD" : upload !== null ? "PUT" : (data.length > 0 || isForm) && !asGet ? "POST" : "GET";
  const method = valueOf(options, "-X", "--request")?.text ?? implied;
  const body = bodyOf(options, data, call);
  const configured = options.values.has("-K") || options.values.has("--config");
  const hidden = configured ? [unknownVerdict("http.unknown", "http.hidden-config", "A configuration file that is not here decides what is sent.", call.span)] : [];
  // Each is a request; what lies beyond the bound may be sent anywhere.
  if (urls.length > MAX_URLS) hidden.push(unknownVerdict("http.unknown", "http.too-many", "More requests than are judged.", call.span));
  return urls.slice(0, MAX_URLS).flatMap((url) => [
    ...hidden,
    ...send({ method, url: withQuery(url.text, asGet ? body.text : null), body: asGet ? null : body.text, headers: headersOf(options), bodyUnknown: body.hidden || isForm || upload !== null || configured }, call, run),
  ]);
};

/** Requests judged of one command. */
const MAX_URLS = 64;

interface Body {
  readonly text: string | null;
  readonly hidden: boolean;
}

/** `-d @-` reads what the pipe holds, `-d @file` a file that is not here. */
function bodyOf(options: Options, data: readonly Word[], call: Invocation): Body {
  if (data.length === 0) return { text: null, hidden: false };
  const raw = new Set(options.values.get("--data-raw"));
  const pieces = data.map((word) => {
    if (!word.text.startsWith("@") || raw.has(word)) return word.text;
    return word.text === "@-" && call.stdin.kind === "text" ? call.stdin.text : HOLE;
  });
  return { text: pieces.join("&"), hidden: pieces.some((piece) => piece.trim() === HOLE) };
}

function headersOf(options: Options): Record<string, string> {
  const lines = [...(options.values.get("-H") ?? []), ...(options.values.get("--header") ?? [])];
  return Object.fromEntries(lines.map(({ text }) => [text.slice(0, text.indexOf(":")).trim().toLowerCase(), text.slice(text.indexOf(":") + 1).trim()]));
}

const withQuery = (url: string, query: string | null): string => (query === null ? url : `${url}${url.includes("?") ? "&" : "?"}${query}`);

/** A hole inside the body may be the very operation: then the answer cannot be better than `unknown`. */
function send(request: HttpRequest, call: Invocation, run: Runner): Verdict[] {
  // `localhost:9200` is a host with its port, no scheme.
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(request.url) ? request.url : `http://${request.url}`;
  if (request.method.includes(HOLE)) return [unknownVerdict("http.unknown", "http.hidden-method", "The method of this request is only known at run time.", call.span)];
  const judged = classifyHttp({ ...request, url: url.replaceAll(HOLE, "_"), body: request.body?.replaceAll(HOLE, "_") ?? null });
  if (judged.parse !== "parsed") run.partial();
  const holed = request.body?.includes(HOLE) === true && judged.worst.effect === "read" && judged.worst.operation !== "http.get";
  const verdicts = judged.verdicts.map((verdict) => ({ ...verdict, span: call.span }));
  return holed ? [...verdicts, unknownVerdict("http.unknown", "http.hidden-body", "Part of the body is only known at run time.", call.span)] : verdicts;
}

const WGET = optionNames("-O --output-document -o --output-file -P --directory-prefix --method --post-data --body-data --post-file --body-file --header -t --tries -T --timeout --user --password -U --user-agent -e");

const wget: Handler = (call, run) => {
  const options = readOptions(call.args, WGET);
  const data = valueOf(options, "--post-data", "--body-data");
  const hidden = valueOf(options, "--post-file", "--body-file") !== null;
  const method = valueOf(options, "--method")?.text ?? (data !== null || hidden ? "POST" : "GET");
  return options.operands.flatMap((url) => send({ method, url: url.text, body: data?.text ?? null, headers: {}, bodyUnknown: hidden }, call, run));
};

const HTTPIE = optionNames("-a --auth --timeout --session -o --output --verify --raw -A --auth-type --proxy");

const httpie: Handler = (call, run) => {
  const options = readOptions(call.args, HTTPIE);
  const isMethod = /^([A-Z]+|get|post|put|patch|delete|head|options)$/.test(options.operands[0]?.text ?? "");
  const [url, ...items] = isMethod ? options.operands.slice(1) : options.operands;
  if (url === undefined) return [];
  const fields = items.map(({ text }) => /^([^=:@]+):?=([^]*)$/.exec(text)).filter((match) => match !== null);
  const raw = valueOf(options, "--raw")?.text ?? (call.stdin.kind === "text" ? call.stdin.text : null);
  const body = raw ?? (fields.length > 0 ? JSON.stringify(Object.fromEntries(fields.map(([, name, value]) => [name, value]))) : null);
  const method = isMethod ? options.operands[0]!.text.toUpperCase() : body === null ? "GET" : "POST";
  return send({ method, url: url.text.replace(/^:(?=\d|\/)/, "localhost:"), body, headers: {}, bodyUnknown: items.some(({ text }) => /=@/.test(text)) || call.stdin.kind === "unknown" }, call, run);
};

const GH_API = optionNames("-X --method -f --raw-field -F --field -H --header --input --jq -q --hostname -p --preview --cache -t --template");

/** `gh api …`, which speaks both REST and GraphQL to GitHub. */
export function githubApi(call: Invocation, run: Runner): readonly Verdict[] {
  const options = readOptions(call.args.slice(1), GH_API);
  const path = options.operands[0]?.text ?? "";
  const fields = fieldsOf(options);
  const hidden = valueOf(options, "--input") !== null || fields.some(([, value]) => value.startsWith("@"));
  const isGraphql = path === "graphql";
  const method = valueOf(options, "-X", "--method")?.text ?? (fields.length > 0 || hidden || isGraphql ? "POST" : "GET");
  const url = `https://api.github.com/${path.replace(/^\//, "").replace(/^https:\/\/api\.github\.com\//, "")}`;
  return send({ method, url, body: isGraphql ? graphqlBody(fields) : restBody(fields), headers: {}, bodyUnknown: hidden }, call, run);
}

type Field = readonly [name: string, value: string];

function fieldsOf(options: Options): readonly Field[] {
  const written = ["-f", "--raw-field", "-F", "--field"].flatMap((name) => options.values.get(name) ?? []);
  return written.map(({ text }) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]);
}

function graphqlBody(fields: readonly Field[]): string {
  const { query, operationName, ...variables } = Object.fromEntries(fields);
  return JSON.stringify({ query, operationName, variables });
}

function restBody(fields: readonly Field[]): string | null {
  return fields.length === 0 ? null : JSON.stringify(Object.fromEntries(fields.map(([name, value]) => [name, value === "true" ? true : value])));
}

function helpOf(call: Invocation): Verdict {
  return { operation: `shell.${call.program}`, effect: "read", reversibility: "reversible", rule: "shell.help", reason: "Shows help.", targets: [], span: call.span, saferAlternative: null };
}

export const HTTP_CLIENTS: Readonly<Record<string, Handler>> = { curl, wget, http: httpie, https: httpie, xh: httpie, xhs: httpie };
