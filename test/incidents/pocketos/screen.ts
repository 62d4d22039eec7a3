/** Puts the view on the terminal: redrawn in place on a TTY, else one line per moment, as it becomes known. */
import { preciseNowMs } from "../../precise-now.ts";
import { renderFrame, renderLine } from "./terminal-view.ts";
import { buildRun, firstSentMs, type Moment, type Observations } from "./timeline.ts";

export interface Screen {
  show(seen: Observations): void;
  finish(seen: Observations): void;
  /** Gives the cursor back. */
  close(): void;
}

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const MIN_COLUMNS = 60;
/** Where nothing is redrawn a line may wrap: the whole of what tripped is worth more than its place. */
const PLAIN_COLUMNS = 240;

export function createScreen(options: { readonly json: boolean; readonly position: string }): Screen {
  return process.stdout.isTTY && !options.json ? redrawing(options.position) : lines();
}

function redrawing(position: string): Screen {
  let height = 0;
  const draw = (seen: Observations): void => {
    const nowMs = preciseNowMs();
    const zeroMs = firstSentMs(seen.agent) ?? nowMs;
    const width = Math.max(MIN_COLUMNS, process.stdout.columns);
    const frame = renderFrame(buildRun(seen, zeroMs), { nowMs: nowMs - zeroMs, position, colour: true, width });
    const up = height === 0 ? `${HIDE_CURSOR}\n` : `\u001b[${height}A`;
    process.stdout.write(`${up}${frame.map((line) => `\u001b[2K${line}`).join("\n")}\n`);
    height = frame.length;
  };
  return { show: draw, finish: draw, close: () => void process.stdout.write(SHOW_CURSOR) };
}

function lines(): Screen {
  const said = new Set<string>();
  const say = (seen: Observations): void => {
    const zeroMs = firstSentMs(seen.agent);
    // Before the first destructive call there is no zero to count from.
    if (zeroMs === null) return;
    for (const moment of buildRun(seen, zeroMs).moments) {
      const key = keyOf(moment);
      if (said.has(key)) continue;
      said.add(key);
      console.log(renderLine(moment, seen.protection, false, PLAIN_COLUMNS));
    }
  };
  return { show: say, finish: say, close: () => undefined };
}

const keyOf = ({ kind, text }: Moment): string => `${kind} ${text}`;
