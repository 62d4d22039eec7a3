import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { sha256Hex } from "../hash.ts";
import { MAX_CANDIDATES, redact, redactHinted } from "./redact.ts";

const TOKEN = "5b3c1e9a-7d42-4f7e-9c31-0a1b2c3d4e5f";
const VOLUME = "e4d909c2-90d0-4b1c-8a41-99f1e0c2aa10";

describe("where a secret is found", () => {
  const cases: readonly [string, string, string][] = [
    ["a Railway project token header", `Project-Access-Token: ${TOKEN}`, "Project-Access-Token: [redacted:token]"],
    ["a Railway header in JSON", `{"Project-Access-Token":"${TOKEN}"}`, `{"Project-Access-Token":"[redacted:token]"}`],
    ["a Railway environment variable", `RAILWAY_TOKEN=${TOKEN} railway up`, "RAILWAY_TOKEN=[redacted:token] railway up"],
    ["an exported Railway API token", `export RAILWAY_API_TOKEN="${TOKEN}"`, 'export RAILWAY_API_TOKEN="[redacted:token]"'],
    ["a bearer header in curl", `curl -H 'Authorization: Bearer ${TOKEN}' https://x.example`, "curl -H 'Authorization: Bearer [redacted:authorization]' https://x.example"],
    ["an escaped bearer header", `{"cmd":"curl -H \\"Authorization: Bearer ${TOKEN}\\" x"}`, `{"cmd":"curl -H \\"Authorization: Bearer [redacted:authorization]\\" x"}`],
    ["a token header", `authorization: token ${TOKEN}`, "authorization: token [redacted:authorization]"],
    ["a header without a scheme", `{"Authorization":"${TOKEN}"}`, `{"Authorization":"[redacted:authorization]"}`],
    ["a basic header", `Authorization: Basic ${btoa("ana:pw1234")}`, "Authorization: Basic [redacted:basic]"],
    ["a connection string", "psql postgres://app:hunter2@db.internal:5432/main", "psql postgres://app:[redacted:password]@db.internal:5432/main"],
    ["a password with @ and /", "postgres://app:p@s/s@db/main", "postgres://app:[redacted:password]@db/main"],
    ["a URL-encoded connection string", "url=postgres%3A%2F%2Fapp%3Ahunter2%40db", "url=postgres%3A%2F%2Fapp%3A[redacted:password]%40db"],
    ["a keyword connection string", "host=db user=app password=hunter2 dbname=x", "host=db user=app password=[redacted:password] dbname=x"],
    ["an .npmrc line", "//registry.example/:_authToken=abcdef0123456789", "//registry.example/:_authToken=[redacted:token]"],
    ["SQL", "CREATE ROLE app LOGIN PASSWORD 'hunter2';", "CREATE ROLE app LOGIN PASSWORD '[redacted:password]';"],
    ["MySQL", "CREATE USER 'app'@'%' IDENTIFIED BY 'hunter2'", "CREATE USER 'app'@'%' IDENTIFIED BY '[redacted:password]'"],
    ["curl -u", "curl -u ana:hunter2 https://x.example", "curl -u ana:[redacted:password] https://x.example"],
    ["mysql -p", "mysql -h db -u root -phunter2 main", "mysql -h db -u root -p[redacted:password] main"],
    ["sshpass", "sshpass -p hunter2 ssh host", "sshpass -p [redacted:password] ssh host"],
    ["a camel-case key", '{"dbPassword":"hunter2"}', '{"dbPassword":"[redacted:password]"}'],
    ["a password that looks like a variable", '{"password":"$ecret1"}', '{"password":"[redacted:password]"}'],
    ["a pass phrase after an apostrophe", `it's here: {'password': 'two words'}`, "it's here: {'password': '[redacted:password]'}"],
    ["a word after an odd quote", `a 5" pipe {"password":"hunter2"}`, `a 5" pipe {"password":"[redacted:password]"}`],
    ["a word as a secret", "JWT_SECRET=supersecretvalue", "JWT_SECRET=[redacted:token]"],
    ["several cookies", "Set-Cookie: a=1; session=abc; Path=/", "Set-Cookie: [redacted:token]"],
    ["a header in a list", `["Authorization", "Bearer ${TOKEN}"]`, '["Authorization", "Bearer [redacted:authorization]"]'],
    ["a Python header", `{"Authorization": f"Bearer ${TOKEN}"}`, '{"Authorization": f"Bearer [redacted:authorization]"}'],
    ["an assignment with a gap", "password= hunter2", "password= [redacted:password]"],
    ["a .netrc line", "machine api.example.com login ana password hunter2", "machine api.example.com login ana password [redacted:password]"],
    ["a Docker login", `{"auths":{"r.example":{"auth":"${btoa("ana:hunter2")}"}}}`, '{"auths":{"r.example":{"auth":"[redacted:basic]"}}}'],
    ["a service's key by its look", "DATADOG_KEY=0af7651916cd43dd8448eb211c80319c", "DATADOG_KEY=[redacted:key]"],
    ["an AWS credentials file", "[default]\naws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYzEXAMPLEKEY1", "[default]\naws_secret_access_key = [redacted:token]"],
    ["a signed URL", "https://x.example/o?X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024&x=1", "https://x.example/o?X-Amz-Signature=[redacted:token]&x=1"],
    ["a cookie header", "curl -H 'Cookie: session=abc; theme=dark' h", "curl -H 'Cookie: [redacted:token]' h"],
    ["a password in YAML", "db:\n  password: hunter2\n  port: 5432", "db:\n  password: [redacted:password]\n  port: 5432"],
    ["a cut-off JSON string", '{"password":"hunter2 and mo', '{"password":"[redacted:password]'],
    ["a key without its end", "-----BEGIN PRIVATE KEY-----\nMIIE", "[redacted:private-key]"],
    ["a quote inside the secret", String.raw`{"password":"hun\"ter2","a":1}`, '{"password":"[redacted:password]","a":1}'],
    ["what hides behind a forged marker", "password=[redacted:password]hunter2", "password=[redacted:password][redacted:password]"],
  ];
  it.each(cases)("redacts %s", (_name, text, expected) => {
    expect(redact(text).text).toBe(expected);
  });
});

describe("what a command does, which must not hide behind a secret", () => {
  it.each([
    `password="$(rm -rf /data)"`,
    "token=`rm -rf /data`",
    `echo "password='"; rm -rf /data`,
    `TOKEN=abc123$(rm -rf /data)`,
    `curl -u "ana:x$(rm -rf /data)" h`,
    `API_KEY='k1' && rm -rf /data`,
    `password=hunter2; rm -rf /data`,
    `x='-----BEGIN PRIVATE KEY-----'; rm -rf /data`,
    `echo "password: "; rm -rf /data`,
    `echo "password: "; rm -rf /data; echo "x"`,
    `echo 'token: ' && rm -rf /data && echo 'x'`,
    `it's "password: "; rm -rf /data; echo "x"`,
    `"${"x".repeat(9_000)}\n password: "; rm -rf /data; echo "x"`,
    `{"command":"echo \\"password: \\"; rm -rf /data; echo \\"x\\""}`,
    `echo "curl -u "; rm -rf /data; echo "x:y"`,
    `Cookie: a=b' ; rm -rf /data`,
    `echo Cookie: a=b; rm -rf /data`,
    `echo Cookie: a=b; x=1; rm -rf /data`,
    `echo Authorization: Custom abc; rm -rf /data`,
    `echo Authorization: Custom abc | rm -rf /data`,
    `TOKEN=\nrm -rf /data`,
    `TOKEN= rm -rf /data`,
    `PASSWORD= rm -rf /data`,
    `echo --password\nrm -rf /data`,
    `ssh token "rm -rf /data"`,
    `psql --no-password -c "rm -rf /data"`,
    `env --unset=API_TOKEN rm -rf /data`,
    `{"password":"it's","command":"rm -rf /data"}`,
    "echo a://b:;x${IFS};rm -rf /data;@c",
  ])("stays readable: %s", (text) => {
    expect(redact(text).text).toContain("rm -rf /data");
  });
});

it("does not hide a command without white space in a password", () => {
  const text = "echo a://b:;rm${IFS}-rf${IFS}/data;@c";
  expect(redact(text).text).toBe(text);
});

describe("what is told about a secret", () => {
  it("names a strong token by its SHA-256, and leaves the volume's id in place", () => {
    const text = `curl -H 'Authorization: Bearer ${TOKEN}' -d '{"query":"mutation { volumeDelete(volumeId: \\"${VOLUME}\\") }"}'`;
    const redaction = redact(text);
    expect(redaction.secrets).toEqual([{ sha256: sha256Hex(TOKEN), kind: "authorization" }]);
    expect(redaction.text).toContain(VOLUME);
    expect(redaction.redactions).toBe(1);
  });

  it("gives one hash however the token was written", () => {
    const token = "aB3/dE6+gH9kL2mN5pQ8rS1tU4vW7xY0zA3bC6dE";
    const forms = [`token="${token}"`, `token=${encodeURIComponent(token)}`, `{"token":"${token.replace("/", String.raw`\/`)}"}`, `token=${encodeURIComponent(encodeURIComponent(token))}`];
    for (const form of forms) expect(redact(form).secrets.map((secret) => secret.sha256)).toEqual([sha256Hex(token)]);
  });

  it("never hashes a password, however long, and reports its user instead", () => {
    const long = "Zx9".repeat(20);
    const redaction = redact(`DB=postgres://app:${long}@db/x PGPASSWORD=${long} curl -u ana:${long} h {"password":"${long}"}`);
    expect(redaction.secrets).toEqual([]);
    expect(redaction.principals).toEqual(["ana", "app"]);
    expect(redaction.text).not.toContain("Zx9Zx9");
  });

  it("reports the user of a basic header and hashes nothing of it", () => {
    const redaction = redact(`Authorization: Basic ${btoa("ana:correct-horse-battery-staple")}`);
    expect(redaction.principals).toEqual(["ana"]);
    expect(redaction.secrets).toEqual([]);
  });

  it("does not hash a token that could be guessed", () => {
    expect(redact("token=abc123def").secrets).toEqual([]);
    expect(redact("token=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1").secrets).toEqual([]);
  });

  it("recognises a registered credential in the middle of nothing", () => {
    const known = (text: string) => text === TOKEN;
    const redaction = redact(`ids: ${VOLUME}, ${TOKEN}`, { known });
    expect(redaction.text).toBe(`ids: ${VOLUME}, [redacted:known]`);
    expect(redaction.secrets).toEqual([{ sha256: sha256Hex(TOKEN), kind: "known" }]);
  });

  it("asks about at most so many candidates and counts the rest", () => {
    const ids = Array.from({ length: MAX_CANDIDATES + 5 }, (_, i) => `${VOLUME.slice(0, -2)}${10 + i}`);
    let asked = 0;
    const redaction = redact(ids.join(" "), { known: () => (asked++, false) });
    expect(asked).toBe(MAX_CANDIDATES);
    expect(redaction.unchecked).toBe(5);
  });
});

const SHA1 = "9fceb02d0ae598e95dc970b74767f19372d61af8";
const SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const HARMLESS: readonly string[] = [
  `volumeDelete(volumeId: "${VOLUME}")`,
  `partition_key=${SHA1} cache_key: ${SHA256} "idempotencyKey":"${VOLUME}"`,
  `"objectKey":"backups/2026/04/24/orders-staging-7.dump" order_key=orders-2026-04-24-staging`,
  `password = input("Enter password: ") or get_password(user)`,
  `psql --password -c "select 1" --no-password main`,
  `{"op":"TestAuthorization","access":"Read"}, "reset session authorization","label"`,
  `"cmd":"mongorestore --password","desc":"Import a dump"`,
  `headers = {"Authorization": f"Bearer {API_KEY}", 'Private-Token': TOKEN}`,
  `start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end`,
  `docker login --password-stdin -u ci registry.example.com`,
  `auth: required, "auth": "oauth2", auth=none`,
  `{"data":{"volume":{"id":"${VOLUME}","name":"postgres-data","projectId":"${TOKEN}"}}}`,
  `railway volume delete --volume ${VOLUME} --environment production`,
  `commit ${SHA1}`,
  `git checkout ${SHA1} && git diff ${SHA1}~1`,
  `index ${SHA1.slice(0, 7)}..${SHA1.slice(8, 15)} 100644`,
  `node@sha256:${SHA256}`,
  `"integrity": "sha512-${"aB3+xY9/".repeat(10)}q1Wz==",`,
  `"resolved": "https://packages.example.com/lodash/-/lodash-4.17.21.tgz"`,
  `github.com/x/y v1.2.3 h1:${"aB3+xY9/dE5k".repeat(3)}Qr7=`,
  `ETag: "${SHA256.slice(0, 32)}"`,
  `arn:aws:s3:::my-staging-bucket-20260424/backups/2026/04/24/db.dump`,
  `vol-0a1b2c3d4e5f67890 snap-0a1b2c3d4e5f67890 i-0a1b2c3d4e5f67890`,
  `01ARZ3NDEKTSV4RRFFQ69G5FAV`,
  `cus_NffrFeUfNV2Hib pi_3MtwBwLkdIwHu7ix28a3tqPa`,
  `507f1f77bcf86cd799439011`,
  `/usr/local/lib/node_modules/npm/node_modules/@npmcli/arborist/lib/arborist/build-ideal-tree.js`,
  `src/main/java/com/example/payments/internal/AbstractTransactionalRepositoryFactoryBean.java`,
  `C:\\Users\\dev\\AppData\\Local\\Programs\\Microsoft VS Code\\bin\\code.cmd`,
  `AbstractSingletonProxyFactoryBeanDefinitionRegistryPostProcessor`,
  `getUserAccountByIdAndTenantForUpdateWithLockTimeoutV2`,
  `REACT_APP_ENABLE_EXPERIMENTAL_CONCURRENT_FEATURES=true`,
  `{"usage":{"prompt_tokens":1204,"completion_tokens":88,"total_tokens":1292},"max_tokens":4096}`,
  `{"token_type":"bearer","expires_in":3600,"nextPageToken":"CAUQAA"}`,
  `{"stop_token":"</s>","tokenizer":"o200k_base","token_count":12}`,
  `"secretName": "db-credentials", "secretKeyRef": {"name": "db", "key": "url"}`,
  `password: $DB_PASSWORD`,
  'PGPASSWORD="${PGPASSWORD}" pg_dump -h db main',
  `token: \${{ secrets.GITHUB_TOKEN }}`,
  `const token = process.env.API_TOKEN`,
  `export TOKEN=$(cat /run/secrets/token)`,
  `interface User { name: string; password: string }`,
  `"password": null, "passwordResetUrl": "/reset"`,
  `Tests: 40 passed, 2 failed; pass: 40`,
  `the author of this passage compared keyboards and monkeys`,
  `primary key (id), foreign key (user_id) references users(id)`,
  `keyboard: us, monkey: 3, "key": "Enter"`,
  `ssh -i ~/.ssh/id_ed25519 deploy@staging.example.com`,
  `git clone git@github.com:example/repo.git && cd repo`,
  `https://user@example.com/path?x=1 mailto:ana@example.com`,
  `npm install @opentelemetry/api@1.10.0 --save-exact`,
  `http://localhost:8080/@scope/package/-/package-1.0.0.tgz`,
  `traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`,
  `desk-2024-01-01-reorganised-inventory task-20260424-migrate-staging-volumes`,
  `Bearer authentication is described in RFC 6750; basic auth in RFC 7617`,
  `kubectl get pod payments-api-7d9f8b6c5d-x2x4z -n staging -o yaml`,
  `SELECT token_hash_algorithm, count(*) FROM sessions GROUP BY 1`,
  `2026-04-24T10:11:12.131Z INFO [http-nio-8080-exec-10] c.e.p.PaymentController : GET /v1/payments/${VOLUME}`,
  `docker run --rm -p 8080:80 -v /srv/data:/data nginx:1.27`,
  `data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==`,
  Buffer.from("the quick brown fox jumps over the lazy dog, twice a day").toString("base64"),
];

describe("what stays", () => {
  it("has at least 40 texts to leave alone", () => {
    expect(HARMLESS.length).toBeGreaterThanOrEqual(40);
  });
  it.each(HARMLESS)("leaves alone: %s", (text) => {
    expect(redact(text)).toMatchObject({ text, redactions: 0, secrets: [] });
    const escaped = JSON.stringify({ out: JSON.stringify({ text }) });
    expect(redact(escaped).text).toBe(escaped);
  });
});

/** Text that finders care about, so that random joins of it are hostile. */
const fragment = fc.oneof(
  fc.constantFrom('"', "'", "\\", "\\\"", "%22", "%3D", "%40", "=", ":", " ", "\n", ",", "[", "]", "{", "}", "@", "://", "--", "-u ", "<", ">", "&", "$("),
  fc.constantFrom("password", "token", "Authorization", "Bearer ", "Basic ", "api_key", "secret", "cookie", "curl ", "mysql ", "postgres", "name", "value", "PRIVATE KEY-----", "-----BEGIN "),
  fc.constantFrom(TOKEN, "ghp_0123456789abcdefghij0123456789abcdef", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcd", "[redacted:token]", "[redacted:", "aB3dE6gH9kL2mN5pQ8rS1tU4vW7xY0zA3bC6", btoa("password=hunter2;;;;;;;;")),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const hostileText = fc.array(fragment, { maxLength: 24 }).map((parts) => parts.join(""));

describe("redaction of any text", () => {
  it("is idempotent", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const once = redact(text).text;
        expect(redact(once)).toMatchObject({ text: once, redactions: 0 });
      }),
      { numRuns: 5_000 },
    );
  });

  it("finds nothing less for its prefilter", () => {
    const everything = () => ({ run: true, word: true, userinfo: true });
    fc.assert(
      fc.property(hostileText, fc.array(fc.constantFrom("x", " ", "/", "é", "Aa0-"), { maxLength: 5 }), (text, gap) => {
        for (const varied of [text, text.toUpperCase(), gap.join("") + text]) expect(redact(varied)).toEqual(redactHinted(varied, {}, everything));
      }),
      { numRuns: 5_000 },
    );
  });

  it("never throws and never grows secrets out of clean text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(typeof redact(text, { known: () => false }).text).toBe("string");
      }),
      { numRuns: 2_000 },
    );
  });

  it("hides a token between any two texts once it is announced", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (before, after) => {
        expect(redact(`${before}\nRAILWAY_TOKEN=${TOKEN}\n${after}`).text).not.toContain(TOKEN);
      }),
      { numRuns: 1_000 },
    );
  });
});

const HOSTILE_BYTES = 65_536;
const fill = (unit: string, chars = HOSTILE_BYTES) => unit.repeat(Math.ceil(chars / unit.length)).slice(0, chars);
const HOSTILE_UNITS = [
  "password: 'x$ ' ", "password=x ", "secret=`", "a", "A1", "-", "_", "\\", '"', "%", "%25", "%22", " ", "\n", "=", ":", "@", "/", "a:", "://", "a://b:", "http://a:b", "postgres://u:p", "password", "password=", 'password="', "password: ", "password\\",
  "token token ", "--token ", "--token,", "Authorization:", "Authorization: ", "Bearer ", "bearer 1", "Basic ", "key", "api_key", "eyJ", ".eyJ", "eyJaaaaaaaaaaaa.", "ghp_", "sk-", "sk-a", "xoxb-1-", "SG.", "AKIA",
  "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----BEGIN A A A A PRIVATE", "curl ", "curl -u ", "mysql ", "mysql -p", "docker login ", "sshpass ", "[redacted:", "[redacted:a]", "password=[redacted:a]", "sha512-", "aB3dE6gH9kL2", "aB3/", "aB3%2B",
  `${VOLUME} `, "cookie: a=b; ", '","value":', "&quot;", "\\u0022", "password\\\\\\\\\\\\\\\\", "AGE-SECRET-KEY-1", "pypi-", "github_pat_", "hf_", "a.atlasv1.", "\\/", "AccountKey=",
];

describe("time", () => {
  it.each(HOSTILE_UNITS)("grows linearly on repeated %j", (unit) => {
    const timeOf = (chars: number) => {
      const text = fill(unit, chars);
      const start = process.cpuUsage().user / 1_000;
      redact(text, { known: () => false });
      return process.cpuUsage().user / 1_000 - start;
    };
    timeOf(4_096);
    const small = Math.min(timeOf(HOSTILE_BYTES / 4), timeOf(HOSTILE_BYTES / 4));
    const large = Math.min(timeOf(HOSTILE_BYTES), timeOf(HOSTILE_BYTES));
    // Linear would be 4 ×, quadratic 16 ×; a floor, since small times are noise.
    expect(large).toBeLessThan(Math.max(small * 9, 60));
    expect(large).toBeLessThan(500);
  });

  it("costs a clean text no more than a few looks at each of its characters", () => {
    const text = "const rows = await load(path.join(root, name)); // reads each line once, then sorts them by date and size\n".repeat(4).slice(0, 400);
    const look = (looked: string): number => {
      let sum = 0;
      for (let i = 0; i < looked.length; i++) sum += looked.charCodeAt(i);
      return sum;
    };
    const microsOf = (work: (text: string) => unknown): number => {
      const start = process.cpuUsage().user;
      for (let i = 0; i < 20_000; i++) work(text);
      return process.cpuUsage().user - start;
    };
    // Interleaved and the best of several, since other work shares the machine.
    const rounds = Array.from({ length: 7 }, () => [microsOf(look), microsOf(redact)] as const).slice(1);
    const [bare, clean] = [Math.min(...rounds.map(([looked]) => looked)), Math.min(...rounds.map(([, redacted]) => redacted))];
    console.info(`clean text of 400 characters: ${(clean / 20_000).toFixed(2)} µs, a bare loop over it ${(bare / 20_000).toFixed(2)} µs`);
    expect(redact(text).redactions).toBe(0);
    expect(clean).toBeLessThan(bare * 10);
  });
});
