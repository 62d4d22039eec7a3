export { CASE_HEADER, type Sender } from "./crafted.ts";
export { Draw } from "./draw.ts";
export { caseId, type HostileCase, hostileCase, type SenderTo } from "./cases.ts";
export { DESTROYING, LOSSES, READS, type Seed, type Server, SERVERS, STORED_DOCUMENT } from "./seeds.ts";
