import { describe, expect, it } from "vitest";
import { headerOf } from "./message.ts";
import { awsKeyOf, scopeOf, signed, withoutSignature } from "./sigv4.ts";

/** AWS's published test suite of Signature Version 4, and the examples of its documentation. */
const KEY = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", sessionToken: null };
const NOW_MS = Date.UTC(2015, 7, 30, 12, 36, 0);
const SCOPE = { region: "us-east-1", service: "service" };
const NONE = { region: null, service: null };

const signatureOf = (method: string, url: string, headers: readonly string[] = [], body: string | null = null, over: object = {}): string =>
  headerOf(signed({ method, url: new URL(url), headers, body: body === null ? null : Buffer.from(body), scope: SCOPE, key: KEY, nowMs: NOW_MS, withPayloadHash: false, ...over }), "authorization")!;

describe("a signature", () => {
  it.each([
    ["get-vanilla", "GET", "https://example.amazonaws.com/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    ["get-vanilla-query-order-key-case", "GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"],
    ["get-vanilla-empty-query-key", "GET", "https://example.amazonaws.com/?Param1=value1", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"],
    ["post-vanilla", "POST", "https://example.amazonaws.com/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
  ])("is that of the published test suite: %s", (_name, method, url, signature) => expect(signatureOf(method, url)).toContain(`Signature=${signature}`));

  it("signs a form as the published test suite does", () => {
    const authorization = signatureOf("POST", "https://example.amazonaws.com/", ["Content-Type", "application/x-www-form-urlencoded"], "Param1=value1");
    expect(authorization).toBe("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
  });

  it("is that of the documentation's example of IAM", () => {
    const headers = ["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"];
    const authorization = signatureOf("GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", headers, null, { scope: { region: "us-east-1", service: "iam" } });
    expect(authorization).toContain("Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
  });

  it("is that of the documentation's examples of S3, which signs the body's digest and encodes names once", () => {
    const s3 = { scope: { region: "us-east-1", service: "s3" }, key: { ...KEY, accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" }, nowMs: Date.UTC(2013, 4, 24), withPayloadHash: true };
    expect(signatureOf("GET", "https://examplebucket.s3.amazonaws.com/?lifecycle", [], null, s3)).toContain("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    expect(signatureOf("GET", "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J", [], null, s3)).toContain("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  });

  it("carries the session token of a temporary key, signed", () => {
    const headers = signed({ method: "GET", url: new URL("https://sts.amazonaws.com/"), headers: [], body: null, scope: SCOPE, key: { ...KEY, sessionToken: "tok" }, nowMs: NOW_MS });
    expect(headerOf(headers, "x-amz-security-token")).toBe("tok");
    expect(headerOf(headers, "authorization")).toContain("x-amz-security-token");
  });
});

describe("the scope", () => {
  const url = new URL("https://sts.eu-central-1.amazonaws.com/");
  const authorization = "AWS4-HMAC-SHA256 Credential=AKIAAGENT/20261121/eu-central-1/sts/aws4_request, SignedHeaders=host, Signature=00";

  it("is the one of the client's own signature, or the configured one", () => {
    expect(scopeOf(["Authorization", authorization], url, NONE)).toEqual({ region: "eu-central-1", service: "sts" });
    expect(scopeOf(["Authorization", authorization], url, { region: "us-west-2", service: null })).toEqual({ region: "us-west-2", service: "sts" });
    expect(scopeOf([], url, { region: "us-west-2", service: "s3" })).toEqual({ region: "us-west-2", service: "s3" });
  });

  it.each<readonly [string, string[], string]>([
    ["no signature", [], ""],
    ["a presigned address", ["authorization", authorization], "?X-Amz-Signature=00"],
    ["a presigned address in other letters", ["authorization", authorization], "?x-amz-credential=00"],
    ["chunks that are signed", ["authorization", authorization, "X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"], ""],
    ["chunks with a trailer", ["authorization", authorization, "x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"], ""],
    ["a body in AWS's chunks", ["authorization", authorization, "content-encoding", "aws-chunked"], ""],
    ["a signature for several regions", ["authorization", "AWS4-ECDSA-P256-SHA256 Credential=A/20261121/s3/aws4_request"], ""],
    ["a region that is none", ["authorization", authorization.replace("eu-central-1", "EU%0a")], ""],
  ])("is refused for %s", (_name, headers, search) => expect(() => scopeOf(headers, new URL(search, url), NONE)).toThrow("TL_GATE_INVALID"));

  it("takes the client's signature away whole, and nothing else", () => {
    expect(withoutSignature(["Authorization", authorization, "X-Amz-Date", "now", "X-Amz-Target", "T", "X-AMZ-SECURITY-TOKEN", "t", "x-amz-content-sha256", "00"])).toEqual(["X-Amz-Target", "T"]);
  });
});

describe("a key", () => {
  it("is two or three parts", () => {
    expect(awsKeyOf("AKIAEXAMPLE:secret/key+0")).toEqual({ accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret/key+0", sessionToken: null });
    expect(awsKeyOf("AKIAEXAMPLE:secret/key+0:tok:en")?.sessionToken).toBe("tok:en");
    for (const text of ["", "AKIAEXAMPLE", "AKIAEXAMPLE:", ":secretkey", "AKIA EXAMPLE:secretkey"]) expect(awsKeyOf(text)).toBeNull();
  });
});
