/** Structured logs, one JSON object a line on stderr. Normal operation logs nothing below `info`; secrets are cut by key name. */
import { pino, type Logger } from "pino";

export type { Logger };

/** Keys whose values never reach a log line, at the top and one level down. */
const SECRET_KEYS = ["authorization", "token", "secret", "password", "adminToken", "ingestToken", "apiKey", "cookie"];

/** A logger that writes to stderr; `level` is pino's, `silent` included. */
export function createLogger(options: { level: string; name: string }): Logger {
  return pino(
    {
      name: options.name,
      level: options.level,
      base: null,
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`]), censor: "[redacted]" },
    },
    process.stderr,
  );
}
