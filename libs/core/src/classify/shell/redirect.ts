/** What `> file` does. */
import type { Redirection } from "unbash";
import type { Span } from "../compose.ts";
import { verdictOf } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import { pathKind } from "./paths.ts";
import { literal, shown } from "./word.ts";

const HARMLESS = /^\/dev\/(null|stdout|stderr|tty\w*|pts\/\d+|fd\/\d+|zero)$|^&?\d*-?$/;
const DISK = /^\/dev\/(sd|hd|nvme|vd|xvd|mmcblk|disk|mapper|md|dm-|loop)/;

/** A file that standard output goes to. */
export interface Output {
  readonly path: string;
  readonly appends: boolean;
}

/** The file that a redirection sends standard output to; null for those of other descriptors, and for input. */
export function outputOfRedirect({ operator, descriptor }: Redirection, path: string): Output | null {
  const isStandardOutput = descriptor === undefined || (descriptor.type === "FileDescriptor" && descriptor.value === 1);
  return isStandardOutput && /^(>>?|>\||&>>?)$/.test(operator) ? { path, appends: operator.endsWith(">>") } : null;
}

/** Verdicts of one output redirection; none for those that write no file. */
export function judgeRedirect(operator: string, target: string, span: Span | null): Verdict[] {
  if (HARMLESS.test(target)) return [];
  const targets = [{ kind: "file", id: shown(target), environment: null }];
  if (DISK.test(target)) {
    const known = { operation: "shell.write-device", effect: "delete", reversibility: "irreversible", reason: "Overwrites a disk." } as const;
    return [verdictOf(known, "shell.redirect.device", targets, span)];
  }
  if (operator === ">>" || operator === "&>>") {
    return [verdictOf({ operation: "shell.append", effect: "write", reversibility: "recoverable", reason: "Appends to a file." }, "shell.redirect.append", targets, span)];
  }
  const kind = pathKind(literal(target));
  // A tool's own settings are written often, and made again by the tool.
  if (kind === "vital" && !/\/\.(config|cache|local)\//.test(target)) {
    const known = { operation: "shell.overwrite", effect: "write", reversibility: "irreversible", reason: "Overwrites a file of the system or a home." } as const;
    return [verdictOf(known, "shell.redirect.vital", targets, span)];
  }
  return [verdictOf({ operation: "shell.overwrite", effect: "write", reversibility: kind === "unknown" ? "unknown" : "recoverable", reason: "Writes a file." }, "shell.redirect.write", targets, span)];
}
