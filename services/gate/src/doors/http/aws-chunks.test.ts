import { describe, expect, it } from "vitest";
import { isAwsChunked, unchunked } from "./aws-chunks.ts";

const UNSIGNED = ["content-encoding", "aws-chunked", "x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Trailer", "x-amz-checksum-crc32", "x-amz-decoded-content-length", "5", "content-type", "text/plain"];
const SIGNED = ["content-encoding", "aws-chunked", "x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"];
const CODE = "0".repeat(64);
const whole = (text: string, headers: readonly string[] = UNSIGNED) => unchunked(headers, Buffer.from(text));

describe("a body in AWS's chunks", () => {
  it("becomes one piece, with its checksum as a header field and nothing left of the chunks", () => {
    expect(whole("2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n")).toEqual({ headers: ["content-type", "text/plain", "x-amz-checksum-crc32", "NhCmhg=="], body: Buffer.from("hello") });
    expect(whole(`5;chunk-signature=${CODE}\r\nhello\r\n0;chunk-signature=${CODE}\r\n\r\n`, SIGNED)).toEqual({ headers: [], body: Buffer.from("hello") });
    expect(whole("0\r\n\r\n", SIGNED).body).toBeNull();
  });

  it("keeps every byte, however it was cut", () => {
    const data = Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 7 + (at >> 3)) % 256));
    for (const size of [1, 2, 13, 16, 255, 256, 299, 300]) {
      const parts = Array.from({ length: Math.ceil(data.length / size) }, (_, at) => data.subarray(at * size, (at + 1) * size));
      const framed = Buffer.concat([...parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]), Buffer.from("0\r\n\r\n")]);
      expect(unchunked(SIGNED, framed).body).toEqual(data);
    }
  });

  it("is refused in more chunks than anyone honest makes of it", () => expect(() => whole(`${"1\r\nx\r\n".repeat(5_000)}0\r\n\r\n`, SIGNED)).toThrow("too many"));

  it.each([
    ["nothing", ""], ["a length that is none", "x\r\nhello\r\n0\r\n\r\n"], ["a negative length", "-5\r\nhello\r\n0\r\n\r\n"], ["a chunk that is longer than it says", "4\r\nhello\r\n0\r\n\r\n"],
    ["a chunk that is shorter than it says", "6\r\nhello\r\n0\r\n\r\n"], ["a length beyond the body", "ffffffff\r\nhello\r\n0\r\n\r\n"], ["no last chunk", "5\r\nhello\r\n"], ["no end", "5\r\nhello\r\n0\r\n"],
    ["something after the end", "5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n"], ["line ends of another kind", "5\nhello\n0\n\n"], ["an extension of another kind", "5;a=b\r\nhello\r\n0\r\n\r\n"],
    ["a trailer that nobody announced", "5\r\nhello\r\n0\r\nx-amz-acl:public-read\r\n\r\n"], ["a length that has no end", "5".repeat(300)],
  ])("is refused with %s", (_name, text) => expect(() => whole(text, SIGNED)).toThrow("TL_GATE_INVALID"));

  it("is refused where it is not what its header says", () => {
    const body = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    expect(() => whole(body, UNSIGNED.with(7, "6"))).toThrow("the length that the request states");
    expect(() => whole(body, UNSIGNED.with(5, "x-amz-checksum-sha256"))).toThrow("no checksum that the request announces");
    expect(() => whole("5\r\nhello\r\n0\r\n\r\n")).toThrow("does not trail");
    expect(() => whole("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AA==\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n")).toThrow("no checksum");
    expect(() => whole(body, UNSIGNED.with(3, CODE))).toThrow("does not say");
  });

  it("is known by exactly that coding", () => {
    for (const [coding, isSo] of [["aws-chunked", true], ["AWS-Chunked", true], ["gzip, aws-chunked", false], ["gzip", false]] as const) expect(isAwsChunked(["Content-Encoding", coding])).toBe(isSo);
  });
});
