/**
 * Which addresses Tripline may connect to for a URL that somebody else wrote: it must not become a way into its own network. IPv6 is an
 * allow-list of global unicast: mapped, compatible, NAT64 and 6to4 forms, which Node's block list does not all see through, are outside it or
 * excluded by name.
 */
import { BlockList, isIP } from "node:net";

export type Reach = "public" | "private" | "forbidden";

const v4 = (...subnets: readonly [string, number][]) => listOf("ipv4", subnets);
const v6 = (...subnets: readonly [string, number][]) => listOf("ipv6", subnets);

/** Never a receiver, whatever the configuration says: this host's unspecified address, link-local (cloud metadata), multicast, reserved. */
const FORBIDDEN_V4 = v4(["0.0.0.0", 8], ["169.254.0.0", 16], ["224.0.0.0", 3]);
const PRIVATE_V4 = v4(
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
);
const GLOBAL_V6 = v6(["2000::", 3]);
/** Inside 2000::/3, but special: Teredo and other protocol assignments, documentation, 6to4. */
const SPECIAL_V6 = v6(["2001::", 23], ["2001:db8::", 32], ["2002::", 16], ["3fff::", 20]);
const PRIVATE_V6 = v6(["::1", 128], ["fc00::", 7]);

/** Sorts an IP address in text form. Anything that is not one, or carries a zone, is forbidden. */
export function reachOf(address: string): Reach {
  const family = isIP(address);
  if (family === 4) return FORBIDDEN_V4.check(address) ? "forbidden" : PRIVATE_V4.check(address) ? "private" : "public";
  if (family !== 6 || address.includes("%")) return "forbidden";
  if (PRIVATE_V6.check(address, "ipv6")) return "private";
  return GLOBAL_V6.check(address, "ipv6") && !SPECIAL_V6.check(address, "ipv6") ? "public" : "forbidden";
}

function listOf(family: "ipv4" | "ipv6", subnets: readonly [string, number][]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family);
  return list;
}
