/** Call ids that need no redaction: they look like nothing but an id, and are no registered credential. */
import { LIMITS } from "@tripline/model";
import { isPlainId } from "./plain-id.ts";

export interface CallIds {
  /** The call ids of the next actions, in their order. */
  expect(callIds: readonly (string | null)[]): void;
  /** The next action begins. */
  begin(): void;
  /** Whether the call id of the action in hand can be kept as it is. */
  isClean(): boolean;
}

export function cleanCallIds(known: (text: string) => boolean): CallIds {
  const clean: boolean[] = [];
  let at = -1;
  return {
    expect(callIds) {
      clean.length = 0;
      at = -1;
      for (const id of callIds) clean.push(id !== null && id.length <= LIMITS.idChars && isPlainId(id) && !known(id));
    },
    begin() {
      at += 1;
    },
    isClean: () => clean[at] === true,
  };
}
