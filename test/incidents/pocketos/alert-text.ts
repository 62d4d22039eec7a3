/** A received alert as lines for a reader: its title, then everything in it, indented as it is nested. Whatever is there is shown. */
export interface AlertText {
  readonly type: string;
  readonly title: string;
  readonly lines: readonly string[];
}

/** Lines shown of one alert. */
const MAX_LINES = 60;

export function describeAlert(body: unknown): AlertText {
  const { type, data } = isObject(body) ? body : { type: "", data: body };
  const { title, ...rest } = isObject(data) ? data : { title: "", data };
  const lines = linesOf(rest, "");
  const shown = lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES), `… ${lines.length - MAX_LINES} more lines`] : lines;
  return { type: textOf(type), title: textOf(title), lines: shown };
}

function linesOf(value: Readonly<Record<string, unknown>>, indent: string): string[] {
  return Object.entries(value).flatMap(([key, item]) => {
    if (Array.isArray(item)) {
      if (item.length === 0) return [];
      if (!item.some(isObject)) return [`${indent}${key}: ${item.map(textOf).join(", ")}`];
      return [`${indent}${key}:`, ...item.flatMap((one) => (isObject(one) ? bullet(linesOf(one, `${indent}    `), indent) : [`${indent}  - ${textOf(one)}`]))];
    }
    if (isObject(item)) return [`${indent}${key}:`, ...linesOf(item, `${indent}  `)];
    return item === null || item === "" ? [] : [`${indent}${key}: ${textOf(item)}`];
  });
}

function bullet(lines: readonly string[], indent: string): string[] {
  return lines.map((line, index) => (index === 0 ? `${indent}  - ${line.trimStart()}` : line));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
