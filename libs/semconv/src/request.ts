/** The model's `Request` from an attribute: structured, or JSON text. Anything that does not fit is no request. */
import type { Request } from "@tripline/model";
import { structureOf } from "./attribute-text.ts";
import type { AttributeValue } from "./otlp/item.ts";

/** Null where the attribute is absent or describes none of the known kinds. Lengths are bounded later, with redaction. */
export function requestOf(value: AttributeValue | undefined): Request | null {
  const given = value === undefined ? null : structureOf(value);
  if (given === null) return null;
  const text = (name: string) => (typeof given[name] === "string" ? given[name] : null);
  switch (given["kind"]) {
    case "shell": {
      const command = text("command");
      return command === null ? null : { kind: "shell", command };
    }
    case "sql": {
      const statement = text("text");
      return statement === null ? null : { kind: "sql", system: text("system") ?? "", text: statement };
    }
    case "http": {
      const url = text("url");
      return url === null ? null : { kind: "http", method: text("method") ?? "GET", url, body: text("body") };
    }
    case "graphql": {
      const document = text("document");
      if (document === null) return null;
      return { kind: "graphql", url: text("url"), document, operationName: text("operationName"), variables: text("variables") };
    }
    default:
      return null;
  }
}
