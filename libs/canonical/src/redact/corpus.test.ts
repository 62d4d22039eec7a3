import { describe, expect, it } from "vitest";
import { sha256Hex } from "../hash.ts";
import { redact } from "./redact.ts";

/** Every secret below is drawn when the test runs, from the published form of its kind; none is real. */
function drawer(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    // mulberry32: the same corpus on every machine.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet.charAt(Math.floor(next() * alphabet.length))).join("");
}

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = LOWER.toUpperCase();
const DIGITS = "0123456789";
const ALNUM = LOWER + UPPER + DIGITS;
const HEX = "0123456789abcdef";
const URL64 = `${ALNUM}_-`;
const B64 = `${ALNUM}+/`;
type Draw = ReturnType<typeof drawer>;
const uuid = (d: Draw) => [8, 4, 4, 4, 12].map((length) => d(HEX, length)).join("-");

interface Shape {
  readonly name: string;
  readonly make: (d: Draw) => string;
  /** Told by its form alone, wherever it stands. */
  readonly byForm: boolean;
}
const form = (name: string, make: (d: Draw) => string): Shape => ({ name, make, byForm: true });
const bare = (name: string, make: (d: Draw) => string): Shape => ({ name, make, byForm: false });

const SHAPES: readonly Shape[] = [
  ...["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].map((prefix) => form(`GitHub ${prefix}`, (d) => prefix + d(ALNUM, 36))),
  form("GitHub fine-grained", (d) => `github_pat_${d(ALNUM, 22)}_${d(ALNUM, 59)}`),
  ...["glpat-", "glrt-", "gldt-", "glcbt-", "glptt-"].map((prefix) => form(`GitLab ${prefix}`, (d) => prefix + d(URL64, 20))),
  form("AWS key id", (d) => `AKIA${d(`${UPPER}234567`, 16)}`),
  form("AWS session key id", (d) => `ASIA${d(`${UPPER}234567`, 16)}`),
  form("Anthropic", (d) => `sk-ant-api03-${d(URL64, 93)}AA`),
  form("OpenAI project", (d) => `sk-proj-${d(URL64, 120)}`),
  form("OpenAI service account", (d) => `sk-svcacct-${d(URL64, 80)}`),
  form("OpenAI old", (d) => `sk-${d(ALNUM, 20)}T3BlbkFJ${d(ALNUM, 20)}`),
  form("OpenRouter", (d) => `sk-or-v1-${d(HEX, 64)}`),
  form("Stripe live", (d) => `sk_live_${d(ALNUM, 24)}`),
  form("Stripe test", (d) => `sk_test_${d(ALNUM, 99)}`),
  form("Stripe restricted", (d) => `rk_live_${d(ALNUM, 24)}`),
  form("webhook secret", (d) => `whsec_${d(B64, 43)}=`),
  form("Slack bot", (d) => `xoxb-${d(DIGITS, 12)}-${d(DIGITS, 12)}-${d(ALNUM, 24)}`),
  form("Slack user", (d) => `xoxp-${d(DIGITS, 11)}-${d(DIGITS, 11)}-${d(DIGITS, 12)}-${d(HEX, 32)}`),
  form("Slack app", (d) => `xapp-1-${d(UPPER + DIGITS, 11)}-${d(DIGITS, 13)}-${d(HEX, 64)}`),
  form("npm", (d) => `npm_${d(ALNUM, 36)}`),
  form("PyPI", (d) => `pypi-AgEIcHlwaS5vcmc${d(URL64, 130)}`),
  form("Google API", (d) => `AIza${d(URL64, 35)}`),
  form("Google OAuth", (d) => `ya29.${d(URL64, 120)}`),
  form("Google client secret", (d) => `GOCSPX-${d(URL64, 28)}`),
  form("Vault service", (d) => `hvs.${d(URL64, 90)}`),
  form("Vault batch", (d) => `hvb.${d(URL64, 138)}`),
  form("DigitalOcean", (d) => `dop_v1_${d(HEX, 64)}`),
  form("DigitalOcean OAuth", (d) => `doo_v1_${d(HEX, 64)}`),
  form("SendGrid", (d) => `SG.${d(URL64, 22)}.${d(URL64, 43)}`),
  form("Twilio", (d) => `SK${d(HEX, 32)}`),
  form("Shopify", (d) => `shpat_${d(HEX, 32)}`),
  form("Linear", (d) => `lin_api_${d(ALNUM, 40)}`),
  form("Hugging Face", (d) => `hf_${d(ALNUM, 34)}`),
  form("Databricks", (d) => `dapi${d(HEX, 32)}`),
  form("Doppler", (d) => `dp.st.prd.${d(ALNUM, 43)}`),
  form("Fly", (d) => `fm2_${d(B64, 160)}`),
  form("Terraform", (d) => `${d(ALNUM, 14)}.atlasv1.${d(ALNUM, 67)}`),
  form("Grafana", (d) => `glsa_${d(ALNUM, 32)}_${d(HEX, 8)}`),
  form("Sentry", (d) => `sntryu_${d(HEX, 64)}`),
  form("Postman", (d) => `PMAK-${d(HEX, 24)}-${d(HEX, 34)}`),
  form("Supabase", (d) => `sbp_${d(HEX, 40)}`),
  form("PlanetScale", (d) => `pscale_tkn_${d(URL64, 43)}`),
  form("age", (d) => `AGE-SECRET-KEY-1${d(UPPER + DIGITS, 58)}`),
  form("JWT", (d) => [`{"alg":"HS256","kid":"${d(ALNUM, 6)}"}`, `{"sub":"${d(ALNUM, 12)}","exp":1999999999}`].map(base64url).join(".") + `.${d(URL64, 43)}`),
  form("PEM RSA", (d) => pem("RSA PRIVATE KEY", d)),
  form("PEM PKCS8", (d) => pem("PRIVATE KEY", d)),
  form("PEM EC", (d) => pem("EC PRIVATE KEY", d)),
  form("PEM OpenSSH", (d) => pem("OPENSSH PRIVATE KEY", d)),
  bare("Railway token", uuid),
  bare("Heroku key", uuid),
  bare("Railway upper-case", (d) => uuid(d).toUpperCase()),
  bare("AWS secret", (d) => d(B64, 40)),
  form("Azure client secret", (d) => `${d(ALNUM, 3)}8Q~${d(`${ALNUM}_.~-`, 34)}`),
  bare("Azure storage key", (d) => `${d(B64, 86)}==`),
  bare("Datadog", (d) => d(HEX, 32)),
  bare("Cloudflare", (d) => d(URL64, 40)),
  bare("CircleCI", (d) => d(HEX, 40)),
  bare("Vercel", (d) => d(ALNUM, 24)),
  bare("Netlify", (d) => d(URL64, 43)),
  bare("Tripline ingest", (d) => d(URL64, 43)),
  bare("hex 256", (d) => d(HEX, 64)),
  bare("base62 of 48", (d) => d(ALNUM, 48)),
  bare("password of 12", (d) => d(`${ALNUM}!?*.`, 12)),
  bare("password of 20", (d) => d(`${LOWER}${DIGITS}.!`, 20)),
];

function pem(label: string, d: Draw): string {
  const body = Array.from({ length: 6 }, () => d(B64, 64)).join("\n");
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`;
}
const base64 = (text: string) => Buffer.from(text).toString("base64");
const base64url = (text: string) => Buffer.from(text).toString("base64url");

/** Where a secret stands with a name that announces it. */
const ANNOUNCED: readonly [string, (secret: string) => string][] = [
  ["environment file", (s) => `LOG_LEVEL=debug\nSERVICE_API_TOKEN="${s}"\nPORT=80`],
  ["JSON", (s) => JSON.stringify({ user: "u1", password: s, port: 5432 })],
  ["JSON in JSON in JSON", (s) => JSON.stringify({ output: JSON.stringify({ stdout: JSON.stringify({ client_secret: s, next: 1 }) }) })],
  ["pretty JSON", (s) => JSON.stringify({ auth: { api_key: s }, ok: true }, null, 2)],
  ["URL query", (s) => `https://api.example.com/v1?page=2&access_token=${encodeURIComponent(s)}&sort=asc`],
  ["URL-encoded form", (s) => encodeURIComponent(`grant_type=x&client_secret=${encodeURIComponent(s)}&y=1`)],
  ["shell export", (s) => `cd /srv/app && export DB_PASSWORD='${s}' && ./run --fast`],
  ["shell flag", (s) => `deploy --region eu --token "${s}" --yes`],
  ["curl header", (s) => `curl -sS -X POST -H "Authorization: Bearer ${s.replaceAll("\n", " ")}" https://api.example.com/x`],
  ["custom header", (s) => `curl -H 'X-Api-Key: ${s}' https://api.example.com/x`],
  ["base64 of an environment file", (s) => `content: ${base64(`A=1\nSECRET_KEY=${s}\nB=2\n`)}`],
  ["argument list", (s) => JSON.stringify(["deploy", "--password", s, "now"])],
  ["named value list", (s) => JSON.stringify([{ name: "DB_PASSWORD", value: s }])],
  ["XML", (s) => `<config><password>${s}</password><port>1</port></config>`],
  ["heredoc", (s) => `cat > .env <<'EOF'\nSTRIPE_SECRET='${s}'\nEOF`],
];
/** Where nothing but the secret itself gives it away. */
const NEUTRAL: readonly [string, (secret: string) => string][] = [
  ["prose", (s) => `I found this in the repository: ${s} and will try it.`],
  ["JSON value", (s) => JSON.stringify({ note: s, n: 1 })],
  ["JSON in JSON", (s) => JSON.stringify({ out: JSON.stringify({ line: `found ${s}` }) })],
  ["URL-encoded", (s) => `q=${encodeURIComponent(`found ${s} here`)}`],
  ["base64", (s) => `data ${base64(`found ${s} in a file of settings`)}`],
  ["shell word", (s) => `echo '${s}' | tee out.txt`],
  ["line of a log", (s) => `12:00:01 INFO read\n${s}\n12:00:02 INFO done`],
];

/** The secret, or a stretch of it that gives it away, in any form that a reader of the log could undo. */
function leaks(output: string, secret: string): boolean {
  const body = secret.startsWith("-----BEGIN") ? (secret.split("\n")[3] as string) : secret;
  const piece = body.length > 24 ? body.slice(-20) : body;
  const views = [output, safelyDecoded(output), output.replaceAll(/\\+/g, "")];
  for (const run of output.match(/[A-Za-z0-9+/_-]{20,}={0,2}/g) ?? []) views.push(Buffer.from(run, "base64").toString());
  return views.some((view) => view.includes(piece) || view.includes(body));
}
function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(decodeURIComponent(text));
  } catch {
    return text;
  }
}

const DRAWS = 20;
function leaksOf(shapes: readonly Shape[], places: typeof NEUTRAL, isKnown: boolean): { leaked: string[]; tried: number } {
  const leaked: string[] = [];
  let tried = 0;
  for (const shape of shapes) {
    const draw = drawer(sha256Hex(shape.name).charCodeAt(0) * 7919 + shape.name.length);
    for (let i = 0; i < DRAWS; i++) {
      const secret = shape.make(draw);
      for (const [place, write] of places) {
        const { text } = redact(write(secret), isKnown ? { known: (candidate) => candidate === secret } : {});
        tried++;
        if (leaks(text, secret)) leaked.push(`${shape.name} in ${place}: ${write(secret)} -> ${text}`);
      }
    }
  }
  return { leaked, tried };
}
const few = (leaked: readonly string[]) => leaked.filter((_, i) => i % Math.ceil(leaked.length / 6) === 0);

describe("redaction of a corpus of secrets", () => {
  it("knows at least 60 shapes", () => {
    expect(SHAPES.length).toBeGreaterThanOrEqual(60);
  });

  it("leaks no secret that stands behind a name announcing it, however it is encoded", () => {
    expect(few(leaksOf(SHAPES, ANNOUNCED, false).leaked)).toEqual([]);
  });

  it("leaks no secret of a known form, wherever it stands", () => {
    expect(few(leaksOf(SHAPES.filter((shape) => shape.byForm), NEUTRAL, false).leaked)).toEqual([]);
  });

  it("leaks no registered credential, even when it looks like any other UUID or digest", () => {
    const registrable = SHAPES.filter((shape) => !/password|PEM|Azure|AWS secret/.test(shape.name));
    expect(few(leaksOf(registrable, NEUTRAL, true).leaked)).toEqual([]);
  });

  it("finds unregistered, unannounced, formless secrets only when they look random", () => {
    const formless = SHAPES.filter((shape) => !shape.byForm);
    const shares = Object.fromEntries(
      formless.map((shape) => {
        const { leaked, tried } = leaksOf([shape], NEUTRAL, false);
        return [shape.name, Number((1 - leaked.length / tried).toFixed(2))];
      }),
    );
    console.info("share found without name, form or registration:", JSON.stringify(shares));
    expect(shares["base62 of 48"]).toBeGreaterThanOrEqual(0.95);
    expect(shares["AWS secret"]).toBeGreaterThanOrEqual(0.8);
    // UUIDs and hex digests are ids as long as nobody says otherwise.
    expect(shares["Railway token"]).toBe(0);
    expect(shares["hex 256"]).toBe(0);
  });
});
