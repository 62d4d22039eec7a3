/** The OpenAPI 3.1 document of the decide API, made from the schemas that it checks by. Lies generated in `services/gate/OPENAPI.json`. */
import { DecisionAnswer, DecisionRequest, ErrorAnswer } from "./schema.ts";

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string) => ({ "application/json": { schema: ref(name) } });
const failed = (description: string) => ({ description, content: json("Error") });

export function openApi() {
  return {
    openapi: "3.1.0",
    info: { title: "Tripline decide API", version: "1", description: "Asks whether a tool call may run. The gate decides and records; the caller executes.", license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    servers: [{ url: "/" }],
    security: [{ agentToken: [] }],
    paths: {
      "/v1/decisions": {
        post: {
          operationId: "decide",
          summary: "Decides one call before it runs",
          description: "An answer is a decision, also where it is `deny` or `hold`. Without an answer nothing with a side effect may run.",
          requestBody: { required: true, content: json("DecisionRequest") },
          responses: {
            "200": { description: "The decision; of a side effect that is allowed, recorded durably.", content: json("Decision") },
            "400": failed("The request cannot be used."),
            "401": failed("No valid lease or token of an agent."),
            "413": failed("The body is too large."),
            "415": failed("The body is not `application/json`."),
            "500": failed("An error that nobody expected. No decision was made."),
            "503": { ...failed("No decision can be made now."), headers: { "Retry-After": { description: "Seconds.", schema: { type: "string" } } } },
          },
        },
      },
      "/openapi.json": {
        get: { operationId: "describe", summary: "This document", security: [], responses: { "200": { description: "This document.", content: { "application/json": { schema: { type: "object" } } } } } },
      },
    },
    components: {
      securitySchemes: { agentToken: { type: "http", scheme: "bearer", description: "A lease token of the agent (`tripline lease <agent> gate`), or its ingest token." } },
      schemas: { DecisionRequest, Decision: DecisionAnswer, Error: ErrorAnswer },
    },
  };
}

let text: string | null = null;

export function openApiText(): string {
  return (text ??= `${JSON.stringify(openApi(), null, 2)}\n`);
}
