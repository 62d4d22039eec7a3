/**
 * Names on the wire: one log record per phase, OTLP/HTTP JSON. OpenTelemetry's own names are used where they exist; the rest
 * is `tripline.*`. The README's table explains each; a test holds the two together.
 */

/** `eventName` of a log record. */
export const EVENTS = {
  attempt: "tripline.action.attempt",
  result: "tripline.action.result",
} as const;

/** Resource attributes, once per request. */
export const RESOURCE = {
  serviceName: "service.name",
  serviceVersion: "service.version",
  environment: "deployment.environment.name",
  sdkName: "telemetry.sdk.name",
  sdkVersion: "telemetry.sdk.version",
  sdkLanguage: "telemetry.sdk.language",
} as const;

/** Value of `telemetry.sdk.name`: what a receiver tells this dialect by. */
export const SDK_NAME = "tripline";

/** Attributes of a log record. */
export const ATTRIBUTES = {
  toolName: "gen_ai.tool.name",
  toolCallId: "gen_ai.tool.call.id",
  conversationId: "gen_ai.conversation.id",
  agentName: "gen_ai.agent.name",
  agentVersion: "gen_ai.agent.version",
  agentRole: "tripline.agent.role",
  agentRuntime: "tripline.agent.runtime",
  task: "tripline.task",
  sessionParent: "tripline.session.parent",
  sequence: "tripline.sequence",
  arguments: "gen_ai.tool.call.arguments",
  argumentsDigest: "tripline.arguments.digest",
  argumentsBytes: "tripline.arguments.bytes",
  argumentsTruncated: "tripline.arguments.truncated",
  result: "gen_ai.tool.call.result",
  resultDigest: "tripline.result.digest",
  resultBytes: "tripline.result.bytes",
  resultTruncated: "tripline.result.truncated",
  request: "tripline.request",
  requestTruncated: "tripline.request.truncated",
  resourceKind: "tripline.resource.kind",
  resourceId: "tripline.resource.id",
  resourceEnvironment: "tripline.resource.environment",
  credentialSha256: "tripline.credential.sha256",
  credentialPrincipal: "tripline.credential.principal",
  leaseId: "tripline.lease.id",
  provenance: "tripline.provenance",
  outcomeStatus: "tripline.outcome.status",
  errorType: "error.type",
  reasoning: "tripline.reasoning",
} as const;
