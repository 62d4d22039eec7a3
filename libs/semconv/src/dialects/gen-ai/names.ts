/**
 * Attribute names of OpenTelemetry's GenAI conventions and of the side effects a tool has, present spelling first, then older
 * ones still on the wire. Kept here as text: the published constants are deprecated or moved.
 */
export const TOOL = {
  operation: ["gen_ai.operation.name"],
  name: ["gen_ai.tool.name"],
  callId: ["gen_ai.tool.call.id", "gen_ai.tool.call_id"],
  arguments: ["gen_ai.tool.call.arguments", "gcp.vertex.agent.tool_call_args", "tool_arguments"],
  result: ["gen_ai.tool.call.result", "gcp.vertex.agent.tool_response", "tool_response"],
  error: ["error.type"],
} as const;

export const AGENT = {
  session: ["gen_ai.conversation.id", "session.id"],
  name: ["gen_ai.agent.name"],
  version: ["gen_ai.agent.version"],
} as const;

export const RESOURCE = {
  service: ["service.name"],
  version: ["service.version"],
  environment: ["deployment.environment.name", "deployment.environment"],
} as const;

export const PROCESS = {
  directory: ["process.working_directory"],
} as const;

export const DB = {
  system: ["db.system.name", "db.system"],
  text: ["db.query.text", "db.statement"],
  operation: ["db.operation.name", "db.operation"],
  collection: ["db.collection.name", "db.sql.table"],
  namespace: ["db.namespace", "db.name"],
} as const;

export const HTTP = {
  method: ["http.request.method", "http.method"],
  url: ["url.full", "http.url"],
  status: ["http.response.status_code", "http.status_code"],
} as const;

export const GRAPHQL = {
  document: ["graphql.document"],
  operationName: ["graphql.operation.name"],
  operationType: ["graphql.operation.type"],
} as const;

export const ALL_NAMES: readonly string[] = [TOOL, AGENT, RESOURCE, PROCESS, DB, HTTP, GRAPHQL].flatMap((group) => Object.values(group).flat());
