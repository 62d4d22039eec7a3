/** A tool that runs only once the gate has allowed the call. */
import type { ToolOptions } from "../options.ts";
import type { Asking, ReportedCall, SessionReporter } from "../session.ts";
import { inputOf } from "../wrap-tool.ts";
import { TriplineDenied, TriplineGateAway } from "./errors.ts";
import type { Gate } from "./gate.ts";

/** A Proxy, as without a gate: name, length, members and `this` stay the tool's own, but there is no way to it past the gate. */
export function gateTool<Args extends unknown[], Result>(gate: Gate, session: SessionReporter, name: string, tool: (...args: Args) => Result, options: ToolOptions<Args>): (...args: Args) => Promise<Awaited<Result>> {
  const run = async (target: (...args: Args) => Result, self: unknown, args: Args): Promise<Awaited<Result>> => {
    const reported = await permitted(gate, session, name, args, options);
    try {
      const result = await Reflect.apply(target, self, args);
      reported.succeeded(result);
      return result;
    } catch (error) {
      reported.failed(error);
      throw error;
    }
  };
  return new Proxy(tool as unknown as (...args: Args) => Promise<Awaited<Result>>, {
    // The arguments' list is ours from here on: nobody adds to it while the gate thinks.
    apply: (_target, self: unknown, args: Args) => run(tool, self, [...args] as Args),
    construct: () => {
      throw new TypeError("tripline: a gated tool is called, not constructed");
    },
  });
}

async function permitted<Args extends unknown[]>(gate: Gate, session: SessionReporter, name: string, args: Args, options: ToolOptions<Args>): Promise<ReportedCall> {
  let asking: Asking;
  try {
    asking = session.asking(name, inputOf(args, options), () => options.describe?.(...args), options.effect === "read");
  } catch {
    throw new TriplineGateAway(name, "", "the call could not be described");
  }
  const permission = await gate.permit(asking.question);
  if (!asking.isUnchanged(inputOf(args, options))) {
    throw new TriplineDenied(name, { callId: asking.question.callId, rule: "sdk.changed", reasons: ["The arguments changed while the gate decided on them."], saferAlternative: null });
  }
  return permission === "decided" ? asking.decided() : asking.undecided();
}
