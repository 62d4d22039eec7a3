/** Work in a thread of its own, which says now and then how far it is. */
import { Worker } from "node:worker_threads";

export function inThread<Done>(file: string, workerData: unknown, progress: (count: number) => void): Promise<Done> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(file, import.meta.url), { workerData });
    worker.on("message", (message: { readonly kind: "progress"; readonly count: number } | { readonly kind: "done"; readonly done: Done }) => {
      if (message.kind === "progress") return progress(message.count);
      resolve(message.done);
      // Whatever it still has open, an idle connection or a timer, must not keep the campaign from ending.
      void worker.terminate();
    });
    worker.once("error", reject).once("exit", (code) => reject(new Error(`a thread ended with ${code}`)));
  });
}

/** So many in all, one share after another as even as can be. */
export function shares<T>(items: readonly T[], count: number): T[][] {
  return Array.from({ length: count }, (_, at) => items.slice(Math.floor((items.length * at) / count), Math.floor((items.length * (at + 1)) / count)));
}
