/** Credentials that can be told by their form alone. Repeats are bounded, or begin at an edge of a run
 * and stay inside it, so that no text costs more than linear time. */
import type { Findings } from "./spans.ts";

interface Format {
  readonly kind: string;
  /** Global; group 1, where there is one, is the secret. */
  readonly pattern: RegExp;
}

const format = (kind: string, source: string, flags = "g"): Format => ({ kind, pattern: new RegExp(source, flags) });
/** Not inside a word: after a non-word character, an escape (`\n`, `\u003d`) or a URL escape (`%3D`). */
const EDGE = String.raw`(?:(?<![A-Za-z0-9_-])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrt])|(?<=\\u[0-9A-Fa-f]{4}))`;

/** Longest token that is matched whole; what follows it is redacted by the same pattern again. */
const LONG = 2048;

export const FORMATS: readonly Format[] = [
  format("github-token", String.raw`gh[pousr]_[A-Za-z0-9]{20,255}`),
  format("github-token", String.raw`github_pat_[A-Za-z0-9_]{20,255}`),
  format("gitlab-token", String.raw`gl(?:pat|rt|dt|cbt|ptt|ft|soat|agent)-[A-Za-z0-9_-]{16,255}`),
  format("aws-access-key-id", String.raw`${EDGE}(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])`),
  format("anthropic-key", String.raw`${EDGE}sk-ant-[A-Za-z0-9_-]{20,255}`),
  format("openai-key", String.raw`${EDGE}sk-(?:proj|svcacct|admin|or-v1)-[A-Za-z0-9_-]{20,255}`),
  format("api-key", String.raw`${EDGE}sk-(?=[A-Za-z_-]{0,64}[0-9])[A-Za-z0-9]{32,255}`),
  format("stripe-key", String.raw`${EDGE}(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,255}`),
  format("webhook-secret", String.raw`${EDGE}whsec_[A-Za-z0-9+/=_-]{16,255}`),
  format("slack-token", String.raw`${EDGE}xox[abeoprsd]-(?:[0-9A-Za-z]{1,64}-){0,6}[0-9A-Za-z]{8,255}`),
  format("slack-token", String.raw`${EDGE}xapp-[0-9A-Za-z-]{20,255}`),
  format("slack-webhook", String.raw`hooks\.slack\.com(?:\/|%2F|\\\/)services(?:\/|%2F|\\\/)([A-Za-z0-9/_%\\-]{20,128})`),
  format("npm-token", String.raw`${EDGE}npm_[A-Za-z0-9]{30,64}`),
  format("pypi-token", String.raw`pypi-[A-Za-z0-9_-]{50,512}`),
  format("google-key", String.raw`AIza[A-Za-z0-9_-]{35}`),
  format("google-oauth", String.raw`${EDGE}(?:ya29\.[A-Za-z0-9_.-]{20,${LONG}}|GOCSPX-[A-Za-z0-9_-]{20,64})`),
  format("vault-token", String.raw`${EDGE}hv[sbr]\.[A-Za-z0-9_-]{20,512}`),
  format("digitalocean-token", String.raw`do[opr]_v1_[a-f0-9]{32,128}`),
  format("sendgrid-key", String.raw`${EDGE}SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}`),
  format("twilio-key", String.raw`${EDGE}SK[0-9a-f]{32}(?![0-9A-Za-z])`),
  format("shopify-token", String.raw`${EDGE}shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}`),
  format("linear-key", String.raw`${EDGE}lin_(?:api|oauth)_[A-Za-z0-9]{32,64}`),
  format("huggingface-token", String.raw`${EDGE}hf_[A-Za-z0-9]{30,64}`),
  format("databricks-token", String.raw`${EDGE}dapi[a-f0-9]{32}(?:-\d{1,2})?`),
  format("doppler-token", String.raw`${EDGE}dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{20,255}`),
  format("fly-token", String.raw`${EDGE}(?:FlyV1 )?fm[12][ar]?_[A-Za-z0-9+/=_,-]{20,${LONG}}`),
  format("terraform-token", String.raw`[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70}`),
  format("grafana-token", String.raw`${EDGE}gl(?:sa|c)_[A-Za-z0-9+/=_]{28,255}`),
  format("sentry-token", String.raw`${EDGE}sntr[yu]s_[A-Za-z0-9+/=_]{32,512}`),
  format("postman-key", String.raw`PMAK-[0-9a-f]{24}-[0-9a-f]{34}`),
  format("supabase-key", String.raw`${EDGE}(?:sbp_[a-f0-9]{40}|sb_secret_[A-Za-z0-9_-]{20,128})`),
  format("planetscale-token", String.raw`${EDGE}pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{30,128}`),
  format("age-key", String.raw`AGE-SECRET-KEY-1[A-Z0-9]{58}`),
  format("azure-storage-key", String.raw`AccountKey=([A-Za-z0-9+/]{40,120}={0,2})`),
  format("jwt", String.raw`${EDGE}eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,3}`),
];

/** Adds every token of a known format. */
export function findFormats(text: string, findings: Findings): void {
  for (const { kind, pattern } of FORMATS) {
    for (const match of text.matchAll(pattern)) {
      const secret = match[1] ?? match[0];
      const start = match.index + match[0].length - (match[1] === undefined ? match[0].length : match[1].length);
      findings.add(text, start, start + secret.length, kind, "token");
    }
  }
}

const PEM_BEGIN = /-----BEGIN(?: |%20|\+)(?:[A-Z0-9]{1,16}(?: |%20|\+)){0,4}PRIVATE(?: |%20|\+)KEY(?:(?: |%20|\+)BLOCK)?-----/g;
const PEM_END = /-----END(?: |%20|\+)(?:[A-Z0-9]{1,16}(?: |%20|\+)){0,4}PRIVATE(?: |%20|\+)KEY(?:(?: |%20|\+)BLOCK)?-----/g;

/** Adds private key blocks, from BEGIN to END; a block without its END (truncated text) reaches to the end. */
export function findPrivateKeys(text: string, findings: Findings): void {
  PEM_BEGIN.lastIndex = 0;
  for (let begin = PEM_BEGIN.exec(text); begin !== null; begin = PEM_BEGIN.exec(text)) {
    PEM_END.lastIndex = PEM_BEGIN.lastIndex;
    const end = PEM_END.exec(text);
    const stop = end === null ? text.length : PEM_END.lastIndex;
    findings.spans.push({ start: begin.index, end: stop, kind: "private-key" });
    PEM_BEGIN.lastIndex = stop;
  }
}
