import type { Module } from "@tripline/runtime";
import type { Composing } from "./compose.ts";
import { type Door, publishAddress } from "./data-dir.ts";
import { isShared } from "./deployment.ts";

/** Leaves the address of a door where the command line on this machine finds it. */
export function addressModule({ config, dataDir, instance }: Pick<Composing, "config" | "dataDir" | "instance">, door: Door, url: () => string): Module {
  let takeAway = (): void => undefined;
  return {
    name: door === "admin" ? "address" : `address-${door}`,
    health: () => ({ ready: true, detail: "left in the data directory" }),
    start: () => {
      takeAway = publishAddress(dataDir(), door, instance, !isShared(config), { url: url(), pid: process.pid });
      return Promise.resolve();
    },
    stop: () => {
      takeAway();
      return Promise.resolve();
    },
  };
}
