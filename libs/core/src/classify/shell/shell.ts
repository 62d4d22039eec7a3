/** Judges shell text. */
import { PARSER_INPUT_CHARS } from "../bounds.ts";
import { compose, unknownVerdict } from "../compose.ts";
import type { Classification } from "../verdict.ts";
import { ShellReader } from "./reader.ts";

/**
 * Classifies a command line or script. What would run decides; text that is only passed on (messages, patterns, files being written) is
 * data. Never throws: text that does not parse, nests too deep, or is longer than PARSER_INPUT_CHARS adds `unknown`.
 */
export function classifyShell(text: string): Classification {
  if (text.length > PARSER_INPUT_CHARS) return compose([unknownVerdict("shell.unknown", "shell.too-long", "The script is too long to be judged.")], "unparsable");
  const reader = new ShellReader();
  try {
    reader.read(text);
  } catch {
    // The parser is not ours: whatever it stumbles over must not pass for safe, nor stop the pipeline.
    return compose([...reader.verdicts, unknownVerdict("shell.unknown", "shell.unparsable", "This does not parse as shell.")], "unparsable");
  }
  return compose(reader.verdicts, reader.verdicts.length === 0 ? "unparsable" : reader.parse);
}
