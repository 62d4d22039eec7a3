import { describe, expect, it } from "vitest";
import { redact } from "./redact.ts";

describe("places where agents meet secrets", () => {
  it("are lists of header names and values, as HTTP clients print them", () => {
    expect(redact('["Cookie","sid=abc","X-Api-Key","hunter2hunter2"]').text).toBe('["Cookie","[redacted:token]","X-Api-Key","[redacted:token]"]');
    expect(redact('["password","email"]').text).toBe('["password","email"]');
  });

  it("are git remotes whose user is a token", () => {
    const token = "0123456789abcdef0123456789abcdef01234567";
    const found = redact(`origin https://${token}@git.example.com/a/b.git (fetch)`);
    expect(found.text).toBe("origin https://[redacted:token]@git.example.com/a/b.git (fetch)");
    expect(found.secrets).toHaveLength(1);
    expect(redact("https://deployment-user-of-the-team@git.example.com/a").redactions).toBe(0);
  });
});
