/** How far a long reading is, on standard error: for a person at a terminal, and for nobody else. */

/** Between two drawings. */
const EVERY_MS = 200;
/** Nothing is drawn of what is over sooner. */
const AFTER_MS = 500;
const BAR_CELLS = 24;
const COLUMNS = 78;

export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  /** `count`: records so far; `share` of the whole, 0–1, or null where it is not known. */
  at(count: number, share: number | null): void;
  /** Takes away what was drawn. */
  end(): void;
}

const SILENT: Progress = { at: () => undefined, end: () => undefined };

export function createProgress(screen: Screen, isJson: boolean, now: () => number): Progress {
  if (isJson || screen.isTTY !== true) return SILENT;
  const startedMs = now();
  let drawnMs = startedMs + AFTER_MS - EVERY_MS;
  let drawn = false;
  return {
    at(count, share) {
      const nowMs = now();
      if (nowMs - drawnMs < EVERY_MS) return;
      drawnMs = nowMs;
      drawn = true;
      screen.write(`\r${progressLine(count, share, nowMs - startedMs).slice(0, COLUMNS).padEnd(COLUMNS)}`);
    },
    end() {
      if (drawn) screen.write(`\r${" ".repeat(COLUMNS)}\r`);
    },
  };
}

/** `[#####       ]  41 %  1,234,567 actions  82,000/s  0:12 left`. */
export function progressLine(count: number, share: number | null, passedMs: number): string {
  const rate = passedMs <= 0 ? 0 : (count * 1_000) / passedMs;
  const told = `${count.toLocaleString("en-US")} actions  ${Math.round(rate).toLocaleString("en-US")}/s`;
  if (share === null || share <= 0) return told;
  const whole = Math.min(1, share);
  const filled = Math.round(whole * BAR_CELLS);
  const leftMs = (passedMs * (1 - whole)) / whole;
  return `[${"#".repeat(filled)}${" ".repeat(BAR_CELLS - filled)}] ${String(Math.floor(whole * 100)).padStart(3)} %  ${told}  ${duration(leftMs)} left`;
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const two = (amount: number): string => String(amount).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
