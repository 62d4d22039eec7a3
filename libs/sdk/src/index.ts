export { ATTRIBUTES, EVENTS, RESOURCE, SDK_NAME } from "./attributes.ts";
export type { CallDescription, Diagnostic, DropReason, GatedTriplineOptions, SessionOptions, Stats, ToolEffect, ToolOptions, ToolRequest, TriplineOptions } from "./options.ts";
export type { ReportedCall } from "./session.ts";
export { type GateVerdict, TriplineDenied, TriplineGateAway, TriplineHeld, type WaitedFor } from "./gate/errors.ts";
export type { GateOptions } from "./gate/gate-options.ts";
export { createTripline, type Tripline, type TriplineSession, type Wrapped } from "./tripline.ts";
export { SDK_VERSION } from "./version.ts";
