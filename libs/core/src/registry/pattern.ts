/** Grant patterns: exact, or a prefix before one trailing `*`. Deliberately no more: linear time, nothing to escape. */
export function matches(pattern: string, value: string): boolean {
  return pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}

/** True if any pattern matches; false for none. */
export function matchesAny(patterns: readonly string[], value: string): boolean {
  return patterns.some((pattern) => matches(pattern, value));
}
