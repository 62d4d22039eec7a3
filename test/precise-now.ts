/** Epoch milliseconds with a fraction, comparable between processes of one machine: what the parts of a run date their observations by. */
export const preciseNowMs = (): number => performance.timeOrigin + performance.now();
