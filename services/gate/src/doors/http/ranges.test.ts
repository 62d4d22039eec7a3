import { expect, it } from "vitest";
import { isWithin, readRange } from "./ranges.ts";

it("an address is within a range of its own kind, and what cannot be read is in none", () => {
  const ranges = ["203.0.113.0/24", "198.51.100.7/32", "2001:db8::/48", "not/24"];
  for (const address of ["203.0.113.0", "203.0.113.255", "198.51.100.7", "2001:db8::1", "2001:DB8:0:ffff::"]) expect([address, isWithin(address, ranges)]).toEqual([address, true]);
  for (const address of ["203.0.114.0", "198.51.100.8", "2001:db8:1::", "203.0.113.1.", "203.0.113", "0xcb.0.113.1", "", "localhost"]) expect([address, isWithin(address, ranges)]).toEqual([address, false]);
  expect(isWithin("127.0.0.1", [])).toBe(false);
});

it("a range is an address and a number of bits that it has, at least one", () => {
  for (const range of ["10.0.0.0/8", "10.0.0.1/32", "2001:db8::/32", "::1/128"]) expect([range, readRange(range) === null]).toEqual([range, false]);
  for (const range of ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/0", "::/0", "::/129", "10.0.0/8", "256.0.0.0/8", "10.0.0.0/8 ", "10.0.0.0/-1", "/8"]) expect([range, readRange(range)]).toEqual([range, null]);
});
