/** Asks the decide API on its unix socket, in its frames. */
import { connect } from "node:net";
import { frameOf, frameReader } from "@tripline/gate";
import { failureReason } from "@tripline/runtime";
import { type Answer, TRY_MS } from "./surface.ts";

/** Of an answer; all that is looked for is in its first frame. */
const ANSWER_BYTES = 65_536;
const REFUSED = "TL_GATE_UNAUTHENTICATED";

/** Sends these frames over a connection of their own, and says what the first answer is. Never rejects. */
export function askSocket(path: string, frames: readonly unknown[]): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const take = frameReader(ANSWER_BYTES);
    const end = (answer: Answer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    // Of the whole, however slowly it trickles.
    const timer = setTimeout(() => end({ kind: "absent", note: "no answer in time" }), TRY_MS);
    socket.once("connect", () => socket.write(Buffer.concat(frames.map(frameOf))));
    socket.on("data", (chunk: Buffer) => {
      const answers = take(chunk);
      if (answers === null) return end({ kind: "absent", note: "something else than the gate answered" });
      const [first] = answers;
      if (first !== undefined) end(answerIn(first));
    });
    socket.once("error", (error) => end({ kind: "absent", note: failureReason(error) }));
    socket.once("close", () => end({ kind: "absent", note: "it ended the connection without an answer" }));
  });
}

/** Only what says so in so many words refused, and only what says that it is ready let anybody in; all else is no gate of ours. */
function answerIn(frame: Buffer): Answer {
  let said: unknown;
  try {
    said = JSON.parse(frame.toString("utf8"));
  } catch {
    return { kind: "absent", note: "something else than the gate answered" };
  }
  const { ready, error } = (typeof said === "object" && said !== null ? said : {}) as { ready?: unknown; error?: { code?: unknown } };
  if (ready === true) return { kind: "open", note: "ready" };
  return error?.code === REFUSED ? { kind: "refused", note: REFUSED } : { kind: "open", note: "it answered without asking for a token" };
}
