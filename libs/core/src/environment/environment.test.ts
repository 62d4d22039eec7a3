import { describe, expect, it } from "vitest";
import { environmentOf, environmentOfUrl, statedEnvironment } from "./environment.ts";

describe("statedEnvironment", () => {
  it.each([
    ["production", "production"],
    ["prod", "production"],
    ["shop-prod-eu", "production"],
    ["PRD_DB", "production"],
    ["live", "production"],
    ["app_staging", "staging"],
    ["stg-2", "staging"],
    ["pre-prod", "staging"],
    ["shop-preprod", "staging"],
    ["dev", "development"],
    ["test-db", "test"],
    ["preview-12", "preview"],
    ["prod-to-staging", "production"],
    ["products", null],
    ["deliver", null],
    ["reproduce", null],
    ["device", null],
    ["latest", null],
    ["backstage", null],
    ["non-prod", null],
    ["main", null],
    ["", null],
  ])("%s states %s", (name, environment) => {
    expect(statedEnvironment(name)).toBe(environment);
  });
});

describe("environmentOfUrl", () => {
  it.each([
    ["https://api.prod.example.com/v1", "production"],
    ["https://prod-api.example.com/", "production"],
    ["https://api.example.com/staging/x", "staging"],
    ["https://api.example.com/x?env=production", "production"],
    ["postgres://u:p@db.internal:5432/shop_production", "production"],
    ["https://staging.example.com/production-guide", "staging"],
    ["https://example.dev/", null],
    ["https://web.dev/test", "test"],
    ["http://localhost:3000/", null],
    ["https://api.example.com/products", null],
    ["no url at all", null],
  ])("%s states %s", (url, environment) => {
    expect(environmentOfUrl(url)).toBe(environment);
  });
});

describe("environmentOf", () => {
  it("puts a flag or an assignment before names, and names before the URL", () => {
    const pieces = { url: "https://dev.example.com", names: ["shop-staging"], command: "railway up --environment production" };
    expect(environmentOf(pieces)).toBe("production");
    expect(environmentOf({ ...pieces, command: "railway up" })).toBe("staging");
    expect(environmentOf({ url: pieces.url })).toBe("development");
  });

  it.each([
    ["NODE_ENV=production node x.js", "production"],
    ["RAILS_ENV=staging rails db:migrate", "staging"],
    ["kubectl --context=prod-eu get pods", "production"],
    ["aws --profile prod s3 ls", "production"],
    ["echo this mentions production", null],
    ["grep prod file", null],
  ])("reads %s", (command, environment) => {
    expect(environmentOf({ command })).toBe(environment);
  });

  it("answers null where nothing is stated", () => {
    expect(environmentOf({})).toBeNull();
    expect(environmentOf({ url: null, names: [], command: null })).toBeNull();
  });
});
