/** How much the collector holds at one time. Beyond it a sender is asked to come back, before its body is read. */
import type { Counters } from "./counters.ts";
import type { CollectorLimits } from "./limits.ts";

export interface Admission {
  /** Null when too many requests are in flight. */
  enter(): Ticket | null;
  requests(): number;
}

export interface Ticket {
  /** Sets how many bytes this request holds; false (and unchanged) when that would exceed the bound. */
  hold(bytes: number): boolean;
  leave(): void;
}

export function createAdmission(limits: CollectorLimits, counters: Counters): Admission {
  let requests = 0;
  let bytes = 0;
  return {
    requests: () => requests,
    enter() {
      if (requests >= limits.requestsInFlight) return null;
      requests += 1;
      counters.inFlight(requests, bytes);
      let held = 0;
      const set = (wanted: number) => {
        bytes += wanted - held;
        held = wanted;
      };
      return {
        hold(wanted) {
          if (bytes - held + wanted > limits.bytesInFlight) return false;
          set(wanted);
          return true;
        },
        leave() {
          set(0);
          requests -= 1;
          counters.inFlight(requests, bytes);
        },
      };
    },
  };
}
