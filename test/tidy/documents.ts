/** Documents: links must lead somewhere. */
import { posix } from "node:path";
import type { Violation } from "./repository.ts";
import { lineOf } from "./source-text.ts";

const LINK = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const FENCE = /^(```|~~~)[\s\S]*?^\1/gm;

/** `exists` answers for a path from the root, file or folder. */
export function checkLinks(path: string, markdown: string, exists: (path: string) => boolean): Violation[] {
  const prose = markdown.replaceAll(FENCE, (block) => block.replaceAll(/[^\n]/g, " "));
  const violations: Violation[] = [];
  for (const match of prose.matchAll(LINK)) {
    const target = (match[1] ?? "").replace(/[#?].*$/, "");
    if (target === "" || /^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
    const resolved = posix.join(posix.dirname(path), decodeURI(target)).replace(/\/$/, "");
    if (target.startsWith("/") || !exists(resolved)) {
      violations.push({ file: path, line: lineOf(markdown, match.index), message: `links to ${target}, which is not there. Correct or remove the link.` });
    }
  }
  return violations;
}
