/** Puts the real credential into a request that was allowed. */
import type { Injection } from "../../deps.ts";
import type { HeaderList } from "./message.ts";

/** Header fields that the agent cannot set, since the gate does. */
export function reservedHeader(inject: Injection): string | null {
  return inject.kind === "header" ? inject.header.toLowerCase() : null;
}

export function withSecret(headers: HeaderList, inject: Injection, secret: string | null): string[] {
  if (secret === null || inject.kind !== "header") return [...headers];
  return [...headers, inject.header, inject.format.replaceAll("{secret}", () => secret)];
}
