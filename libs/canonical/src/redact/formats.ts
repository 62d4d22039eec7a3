/** Credentials that can be told by their form alone. Repeats are bounded, or begin at an edge of a run
 * and stay inside it, so that no text costs more than linear time. */
import type { Run } from "./long-runs.ts";
import type { Findings } from "./spans.ts";

interface Format {
  readonly kind: string;
  /** Literal texts, one of which every token has: looked for first, since that is ten times cheaper than the pattern. */
  readonly needles: readonly string[];
  /** Global; group 1, where there is one, is the secret. */
  readonly pattern: RegExp;
}

const format = (kind: string, needles: string, source: string): Format => ({ kind, needles: needles.split(" "), pattern: new RegExp(source, "g") });
/** Not inside a word: after a non-word character, an escape (`\n`, `\u003d`) or a URL escape (`%3D`). */
const EDGE = String.raw`(?:(?<![A-Za-z0-9_-])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrt])|(?<=\\u[0-9A-Fa-f]{4}))`;

/** One character of base64 in either alphabet, as it is or URL-encoded. */
const CHAR64 = String.raw`(?:[A-Za-z0-9+/=_-]|%(?:25){0,3}(?:2[bBfF]|3[dD])|\\{1,8}\/)`;

/** Longest token that is matched whole; what follows it is redacted by the same pattern again. */
const LONG = 2048;

export const FORMATS: readonly Format[] = [
  format("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", String.raw`gh[pousr]_[A-Za-z0-9]{20,255}`),
  format("github-token", "github_pat_", String.raw`github_pat_[A-Za-z0-9_]{20,255}`),
  format("gitlab-token", "pat- glrt- gldt- cbt- ptt- glft- soat- gent-", String.raw`gl(?:pat|rt|dt|cbt|ptt|ft|soat|agent)-[A-Za-z0-9_-]{16,255}`),
  format("aws-access-key-id", "AKIA ASIA ABIA ACCA", String.raw`${EDGE}(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])`),
  format("anthropic-key", "sk-ant-", String.raw`${EDGE}sk-ant-[A-Za-z0-9_-]{20,255}`),
  format("openai-key", "sk-proj- sk-svcacct- sk-admin- sk-or-v1-", String.raw`${EDGE}sk-(?:proj|svcacct|admin|or-v1)-[A-Za-z0-9_-]{20,255}`),
  format("api-key", "sk-", String.raw`${EDGE}sk-(?=[A-Za-z_-]{0,64}[0-9])[A-Za-z0-9]{32,255}`),
  format("stripe-key", "k_live_ k_test_", String.raw`${EDGE}(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,255}`),
  format("webhook-secret", "whsec_", String.raw`${EDGE}whsec_${CHAR64}{16,255}`),
  format("slack-token", "xox", String.raw`${EDGE}xox[abeoprsd]-(?:[0-9A-Za-z]{1,64}-){0,6}[0-9A-Za-z]{8,255}`),
  format("slack-token", "xapp-", String.raw`${EDGE}xapp-[0-9A-Za-z-]{20,255}`),
  format("slack-webhook", "hooks.slack.com", String.raw`hooks\.slack\.com(?:\/|%2F|\\\/)services(?:\/|%2F|\\\/)([A-Za-z0-9/_%\\-]{20,128})`),
  format("npm-token", "npm_", String.raw`${EDGE}npm_[A-Za-z0-9]{30,64}`),
  format("pypi-token", "pypi-", String.raw`pypi-[A-Za-z0-9_-]{50,512}`),
  format("google-key", "AIza", String.raw`AIza[A-Za-z0-9_-]{35}`),
  format("google-oauth", "ya29. GOCSPX-", String.raw`${EDGE}(?:ya29\.[A-Za-z0-9_.-]{20,${LONG}}|GOCSPX-[A-Za-z0-9_-]{20,64})`),
  format("vault-token", "hvs. hvb. hvr.", String.raw`${EDGE}hv[sbr]\.[A-Za-z0-9_-]{20,512}`),
  format("digitalocean-token", "_v1_", String.raw`do[opr]_v1_[a-f0-9]{32,128}`),
  format("sendgrid-key", "SG.", String.raw`${EDGE}SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}`),
  format("twilio-key", "SK", String.raw`${EDGE}SK[0-9a-f]{32}(?![0-9A-Za-z])`),
  format("shopify-token", "shpat_ shpca_ shppa_ shpss_", String.raw`${EDGE}shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}`),
  format("linear-key", "lin_", String.raw`${EDGE}lin_(?:api|oauth)_[A-Za-z0-9]{32,64}`),
  format("huggingface-token", "hf_", String.raw`${EDGE}hf_[A-Za-z0-9]{30,64}`),
  format("databricks-token", "dapi", String.raw`${EDGE}dapi[a-f0-9]{32}(?:-\d{1,2})?`),
  format("doppler-token", "dp.", String.raw`${EDGE}dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{20,255}`),
  format("fly-token", "fm1 fm2", String.raw`${EDGE}(?:FlyV1 )?fm[12][ar]?_(?:${CHAR64}|,){20,${LONG}}`),
  format("terraform-token", ".atlasv1.", String.raw`[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70}`),
  format("grafana-token", "glsa_ glc_", String.raw`${EDGE}gl(?:sa|c)_${CHAR64}{28,255}`),
  format("sentry-token", "sntry", String.raw`${EDGE}sntry[su]_${CHAR64}{32,512}`),
  format("postman-key", "PMAK-", String.raw`PMAK-[0-9a-f]{24}-[0-9a-f]{34}`),
  format("supabase-key", "sbp_ sb_secret_", String.raw`${EDGE}(?:sbp_[a-f0-9]{40}|sb_secret_[A-Za-z0-9_-]{20,128})`),
  format("planetscale-token", "pscale_", String.raw`${EDGE}pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{30,128}`),
  format("age-key", "AGE-SECRET-KEY-1", String.raw`AGE-SECRET-KEY-1[A-Z0-9]{58}`),
  format("azure-storage-key", "AccountKey", String.raw`AccountKey(?:=|%3[dD])(${CHAR64}{40,200})`),
  format("azure-client-secret", "Q~", String.raw`[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}`),
  format("tripline-lease", "tl_", String.raw`${EDGE}tl_[A-Za-z0-9_-]{4,1024}\.[A-Za-z0-9_-]{43}`),
  format("jwt", "eyJ", String.raw`${EDGE}eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,3}`),
];

/** Adds every token of a known format. */
export function findFormats(text: string, runs: readonly Run[], findings: Findings): void {
  if (runs.length === 0) return;
  const inRuns = runs.map((run) => text.slice(run.start, run.end)).join(" ");
  for (const { kind, needles, pattern } of FORMATS) {
    if (!needles.some((needle) => inRuns.includes(needle))) continue;
    for (const match of text.matchAll(pattern)) {
      const secret = match[1] ?? match[0];
      const start = match.index + match[0].length - (match[1] === undefined ? match[0].length : match[1].length);
      findings.add(text, start, start + secret.length, kind, "token");
    }
  }
}

const PEM_BEGIN = /-----BEGIN(?: |%(?:25){0,3}20|\+)(?:[A-Z0-9]{1,16}(?: |%(?:25){0,3}20|\+)){0,4}PRIVATE(?: |%(?:25){0,3}20|\+)KEY(?:(?: |%(?:25){0,3}20|\+)BLOCK)?-----/g;
const PEM_END = /-----END(?: |%(?:25){0,3}20|\+)(?:[A-Z0-9]{1,16}(?: |%(?:25){0,3}20|\+)){0,4}PRIVATE(?: |%(?:25){0,3}20|\+)KEY(?:(?: |%(?:25){0,3}20|\+)BLOCK)?-----/g;

/** Adds private key blocks, from BEGIN to END; a block without its END (truncated text) reaches as far as its body can. */
export function findPrivateKeys(text: string, findings: Findings): void {
  PEM_BEGIN.lastIndex = 0;
  for (let begin = PEM_BEGIN.exec(text); begin !== null; begin = PEM_BEGIN.exec(text)) {
    PEM_END.lastIndex = PEM_BEGIN.lastIndex;
    const end = PEM_END.exec(text);
    const stop = end === null ? bodyEnd(text, PEM_BEGIN.lastIndex) : PEM_END.lastIndex;
    findings.spans.push({ start: begin.index, end: stop, kind: "private-key" });
    PEM_BEGIN.lastIndex = stop;
  }
}

const NOT_IN_BODY = /["'`<>{};|&$()]/g;

function bodyEnd(text: string, from: number): number {
  NOT_IN_BODY.lastIndex = from;
  return NOT_IN_BODY.exec(text)?.index ?? text.length;
}
