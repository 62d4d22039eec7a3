import { describe, expect, it } from "vitest";
import { formFor, written } from "./answer-form.ts";

const aws = { kind: "aws-sigv4", region: null, service: null } as const;
const signedFor = (service: string, ...more: string[]) => ["Authorization", `AWS4-HMAC-SHA256 Credential=AKIA/20261121/eu-central-1/${service}/aws4_request, SignedHeaders=host, Signature=00`, ...more];
const FORM = ["content-type", "application/x-www-form-urlencoded; charset=utf-8"];

describe("an answer", () => {
  it.each([
    ["s3", [], "aws-xml"], ["route53", [], "aws-xml"], ["rds", FORM, "aws-xml"], ["sts", FORM, "aws-xml"], ["ec2", FORM, "aws-ec2-xml"], ["lambda", [], "aws-json"],
    ["dynamodb", ["content-type", "application/x-amz-json-1.0"], "aws-json"],
  ] as const)("to a client of %s is in the form of its service", (service, more, form) => expect(formFor(aws, signedFor(service, ...more))).toBe(form));

  it("is JSON everywhere else, and where the client signed for nothing", () => {
    expect(formFor({ kind: "header", header: "authorization", format: "{secret}" }, signedFor("s3"))).toBe("json");
    expect(formFor(null, signedFor("s3"))).toBe("json");
    expect(formFor(aws, [])).toBe("aws-json");
    expect(formFor({ ...aws, service: "s3" }, [])).toBe("aws-xml");
  });

  it("keeps markup and control characters of a reason as text in XML", () => {
    const { text, headers } = written("aws-xml", {}, "TL_GATE_HELD", `</Message><Code>Ok</Code> & \u0000\u0008 \ud800 "x"`);
    expect(text.match(/<Code>/g)).toHaveLength(1);
    expect(text).toContain("&lt;/Message&gt;&lt;Code&gt;Ok&lt;/Code&gt; &amp; ?? \ufffd &quot;x&quot;");
    expect(headers).toEqual({ "content-type": "application/xml; charset=utf-8", "x-amzn-errortype": "TL_GATE_HELD" });
    expect(written("aws-ec2-xml", {}, "C", "m").text).toContain("<Response><Errors><Error><Type>Sender</Type><Code>C</Code><Message>m</Message></Error></Errors></Response>");
  });

  it("holds all of itself in JSON, and the words where AWS's clients look for them", () => {
    expect(JSON.parse(written("json", { a: 1 }, "C", "m").text)).toEqual({ a: 1 });
    expect(JSON.parse(written("aws-json", { a: 1 }, "C", "m").text)).toEqual({ a: 1, __type: "C", message: "m" });
  });
});
