/** Judges shell text. */
import { PARSER_INPUT_CHARS } from "../bounds.ts";
import { compose, unknownVerdict } from "../compose.ts";
import type { Classification } from "../verdict.ts";
import { classifySql } from "../sql/sql.ts";
import { type Project, projectAt } from "./project.ts";
import { ShellReader } from "./reader.ts";

const SQL = /^\s*(drop\s+(table|database|schema|index|view|role|user)|delete\s+from|truncate\s+table|truncate\s+(?!-)[\w."`]+\s*(?:;\s*)?$|update\s+[\w."`]+\s+set|alter\s+(table|role|user)|insert\s+into|grant\s+\w[^]*\son|revoke\s+\w[^]*\son|select\s[^]*\sfrom)(?:\s|$)/i;

/** Some runtimes call their database prompt a shell. No program starts like these statements. */
function bareSql(text: string): Classification | null {
  if (!SQL.test(text)) return null;
  const judged = classifySql(text);
  return judged.parse === "unparsable" ? null : judged;
}

/**
 * Classifies a command line or script. What would run decides; text that is only passed on (messages, patterns, files being written) is
 * data. Never throws: text that does not parse, nests too deep, or is longer than PARSER_INPUT_CHARS adds `unknown`. `directory`: where the
 * agent says that it works (see `project.ts`).
 */
export function classifyShell(text: string, directory?: string): Classification {
  if (text.length > PARSER_INPUT_CHARS) return compose([unknownVerdict("shell.unknown", "shell.too-long", "The script is too long to be judged.")], "unparsable");
  const sql = bareSql(text);
  if (sql !== null) return sql;
  const { judged, reader } = followed((reading) => reading.read(text), projectAt(directory));
  if (judged.parse === "parsed" || !CODE.test(text)) return judged;
  const losses = reader.readCode(text).filter(({ reversibility }) => reversibility === "irreversible");
  return losses.length === 0 ? judged : compose([...judged.verdicts, ...losses], judged.parse);
}

/** Some call the prompt of another language a shell as well: what does not parse and begins like a call, or an import, is searched as code. */
const CODE = /^\s*(?:await\s+|import\s|from\s+\w+\s+import|(?:const|let|var|my)\s|[$\w]+(?:(?:\.|::|->)\w+(?:\([^()]{0,80}\))?)*\s*\()/;

function followed(read: (reader: ShellReader) => void, project: Project | null = null): { readonly judged: Classification; readonly reader: ShellReader } {
  const reader = new ShellReader(project);
  try {
    read(reader);
  } catch {
    // The parser is not ours: whatever it stumbles over must not pass for safe, nor stop the pipeline.
    return { reader, judged: compose([...reader.verdicts, unknownVerdict("shell.unknown", "shell.unparsable", "This does not parse as shell.")], "unparsable") };
  }
  return { reader, judged: compose(reader.verdicts, reader.verdicts.length === 0 ? "unparsable" : reader.parse) };
}

/** Verdicts on a file as if it were run: shell by default, another language by its first line or ending. Never throws. */
export function classifyFile(path: string, text: string): Classification {
  if (text.length > PARSER_INPUT_CHARS) return compose([unknownVerdict("shell.unknown", "shell.too-long", "The file is too long to be judged.")], "unparsable");
  if (path.endsWith(".sql")) return classifySql(text);
  return followed((reader) => reader.readFile(path, text)).judged;
}

/** What a command line does to files: those it writes whose text follows from it, by name, and which it copies or renames to what. */
export interface FileEffects {
  readonly texts: ReadonlyMap<string, string>;
  readonly copies: readonly (readonly [from: string, to: string])[];
}

const NO_EFFECTS: FileEffects = { texts: new Map(), copies: [] };

export function fileEffectsOf(text: string): FileEffects {
  if (text.length > PARSER_INPUT_CHARS) return NO_EFFECTS;
  const { files } = followed((reader) => reader.read(text)).reader;
  return { texts: files.entries(), copies: files.copies };
}
