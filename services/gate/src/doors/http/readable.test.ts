import { describe, expect, it } from "vitest";
import { LIMITS } from "../../limits.ts";
import { addressOf } from "./address-of.ts";
import { readable } from "./readable.ts";

const url = new URL("http://api.example/v1/batch");
const kind = (body: string, type: string | null = "application/json", method = "POST"): string => readable(method, url, type === null ? [] : ["content-type", type], Buffer.from(body)).kind;

describe("a body that a lenient server reads otherwise", () => {
  const CALL = '{"jsonrpc":"2.0","method":"volumes.delete"}';
  it.each([
    ["JSON within a text", JSON.stringify(CALL), "application/json"],
    ["JSON within a text within a text", JSON.stringify(JSON.stringify(CALL)), "application/json"],
    ["JSON behind a comment within a text", JSON.stringify(`/* */${CALL}`), "application/json"],
    ["a form that says a method in a part of another", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n_method=DELETE\r\n--b--\r\n', "multipart/form-data; boundary=b"],
    ["JSON with more behind it", `${CALL}DELETE / HTTP/1.1`, null],
    ["JSON with an odd blank in it", CALL.replace(",", ",\ufeff"), "application/octet-stream"],
    ["names without quotes", CALL.replaceAll(/"(\w+)":/g, "$1:"), "text/plain"],
    ["a call behind comments, of no type", `/* * */ // x\n${CALL}`, null],
    ["a method in a part of another, spelt otherwise", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n%5Fmethod=DELETE\r\n--b--\r\n', "multipart/form-data; boundary=b"],
    ["SQL in a part of a form", '--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\nTRUNCATE TABLE orders\r\n--b--\r\n', "multipart/form-data; boundary=b"],
    ["a call that is a text in a part of a form", `--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n${JSON.stringify(CALL)}\r\n--b--\r\n`, "multipart/form-data; boundary=b"],
    ["a call in a part of a form", `--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n${CALL}\r\n--b--\r\n`, "multipart/form-data; boundary=b"],
  ])("is not taken for what it seems: %s", (_name, body, type) => expect(kind(body, type)).toBe("opaque"));

  it("is not taken for a read by PROPFIND, whose bodies are XML", () => {
    expect(kind('{"requests":[{"method":"DELETE","url":"/v1/orders/7"}]}', "application/json", "PROPFIND")).toBe("opaque");
    expect(kind("<propfind/>", "application/xml", "PROPFIND")).toBe("text");
    for (const body of [null, "<propfind/>"]) expect(readable("PROPFIND", new URL("http://api.example/v1?action=delete"), [], body === null ? null : Buffer.from(body)).kind).toBe("opaque");
  });

  it("is refused where a part of a form says the method, in whatever quotes", () => {
    for (const name of ['"_method"', "'_method'", "_method"]) expect(kind(`--b\r\nContent-Disposition: form-data; name=${name}\r\n\r\nDELETE\r\n--b--\r\n`, "multipart/form-data; boundary=b")).toBe("refused");
  });
});

it("a GraphQL request without a body is not taken for one that does nothing", () => {
  const read = (method: string) => readable(method, new URL("http://api.example/graphql/v2?payload=x"), [], null).kind;
  expect(["POST", "PUT", "GET"].map(read)).toEqual(["opaque", "opaque", "text"]);
});

it("a GraphQL form is read where it holds a document, and not where it may name a stored one as well", () => {
  const read = (body: string) => readable("POST", new URL("http://api.example/graphql/v2"), ["content-type", "application/x-www-form-urlencoded"], Buffer.from(body)).kind;
  expect(read("query=%7Bme%7D&operationName=a")).toBe("text");
  for (const more of ["operations=%7B%7D", "doc_id=delete-volume", "extensions=%7B%7D"]) expect(read(`query=%7Bme%7D&${more}`)).toBe("opaque");
});

describe("a body that only looks odd", () => {
  it.each([
    ["JSON line by line", '{"index":{}}\n{"a":1}\n', "application/x-ndjson"],
    ["a line of a log", "[2026-11-21] started", "text/plain"],
    ["a text in JSON", '"hello"', "application/json"],
    ["a file in a form", '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n--b--\r\n', "multipart/form-data; boundary=b"],
  ])("is read: %s", (_name, body, type) => expect(kind(body, type)).toBe("text"));
});

describe("an address", () => {
  const base = new URL("http://api.example");
  it.each(["/v1/orders?a=1;_method=DELETE", "/v1/orders?_method%00=DELETE", "/v1/orders?.method=DELETE", "/v1/orders?%20_method=DELETE", "/v1/orders?_met%00hod=DELETE", "/v1/x:de%2573troy", "/v1/x%253adestroy", "/v1/x%25253adestroy"])("that some server reads otherwise is refused: %s", (rest) => {
    expect(() => addressOf(base, rest, LIMITS)).toThrow(/method|encodes twice/);
  });

  it("may name what holds a percent sign, or a space encoded twice", () => {
    for (const rest of ["/b/per%25cent/100%2525.txt", "/b/a%2520b", "/b/%C3%BC%20c"]) expect(addressOf(base, rest, LIMITS).pathname).toBe(rest);
  });

  it("is shown and recorded as it is sent, without a `?` that nothing follows", () => {
    expect(addressOf(base, "/v1/orders?", LIMITS).href).toBe("http://api.example/v1/orders");
  });
});
