/** Makes a tool report itself while it behaves exactly as before. */
import { types } from "node:util";
import type { ToolOptions } from "./options.ts";
import type { ReportedCall, SessionReporter } from "./session.ts";

/**
 * A Proxy of the tool: name, length, properties, `this`, construction and identity of what it returns stay the tool's own; only calls
 * pass through here.
 */
export function wrapTool<Args extends unknown[], Result>(
  session: SessionReporter,
  name: string,
  tool: (...args: Args) => Result,
  options: ToolOptions<Args>,
): (...args: Args) => Result {
  return new Proxy(tool, {
    apply(target, self: unknown, args: Args): Result {
      const reported = session.attempt(name, inputOf(args, options), () => options.describe?.(...args));
      let returned: Result;
      try {
        returned = Reflect.apply(target, self, args);
      } catch (error) {
        reported.failed(error);
        throw error;
      }
      return observe(returned, reported);
    },
  });
}

/** What of the arguments the call is about. What the author's own function throws leaves all of them. */
export function inputOf<Args extends unknown[]>(args: Args, { input }: ToolOptions<Args>): unknown {
  if (input !== undefined) {
    try {
      return input(...args);
    } catch {
      // All of them, then.
    }
  }
  return args.length === 1 ? args[0] : args;
}

/**
 * Reports what was returned, now or when it settles.
 *
 * - A plain promise is passed on with its outcome read on the way, so that a rejection nobody handles stays unhandled.
 * - A promise with a class or members of its own (a child process) has to stay the same object; its outcome is read beside.
 * - Any other thenable (a query builder) may start its work each time `then` is called: it is left alone, its outcome unknown.
 */
function observe<Result>(returned: Result, reported: ReportedCall): Result {
  if (!types.isPromise(returned)) {
    if (hasThen(returned)) reported.unknown();
    else reported.succeeded(returned);
    return returned;
  }
  const succeeded = (value: unknown): unknown => {
    reported.succeeded(value);
    return value;
  };
  if (Object.getPrototypeOf(returned) === Promise.prototype && Object.getOwnPropertyNames(returned).length === 0) {
    const failed = (error: unknown): never => {
      reported.failed(error);
      throw error;
    };
    return returned.then(succeeded, failed) as Result;
  }
  try {
    void Reflect.apply(intrinsicThen, returned, [succeeded, (error: unknown) => reported.failed(error)]);
  } catch {
    // A subclass whose constructor refuses to be called by `then`.
    reported.unknown();
  }
  return returned;
}

// The method itself, never a subclass's own: that may start work.
const intrinsicThen: (this: Promise<unknown>, ok: (value: unknown) => unknown, failed: (error: unknown) => unknown) => unknown =
  // eslint-disable-next-line typescript/unbound-method
  Promise.prototype.then;

const PROTOTYPES = 16;

/** Whether a value has a `then` method, found without running code of its. */
function hasThen(value: unknown): boolean {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  let owner: object | null = value;
  for (let i = 0; i < PROTOTYPES && owner !== null; i++) {
    if (types.isProxy(owner)) return true;
    const descriptor = Object.getOwnPropertyDescriptor(owner, "then");
    if (descriptor !== undefined) return typeof descriptor.value === "function" || descriptor.get !== undefined;
    owner = Object.getPrototypeOf(owner) as object | null;
  }
  return false;
}
