export { ATTRIBUTES, EVENTS, RESOURCE, SDK_NAME } from "./attributes.ts";
export type { CallDescription, Diagnostic, DropReason, SessionOptions, Stats, ToolOptions, ToolRequest, TriplineOptions } from "./options.ts";
export type { ReportedCall } from "./session.ts";
export { createTripline, type Tripline, type TriplineSession } from "./tripline.ts";
export { SDK_VERSION } from "./version.ts";
