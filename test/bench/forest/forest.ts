/**
 * A reference for judging alone: AWS's random cut forest in Java (randomcutforest-core, Apache-2.0), 40 dimensions, 50 trees of 256 points,
 * scored and then updated with each point, on one thread. Its jar comes from Maven Central, with the checksum pinned here.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pinnedJar } from "../../servers/kafka-jars.ts";

const JAR = "software/amazon/randomcutforest/randomcutforest-core/4.3.0/randomcutforest-core-4.3.0.jar";
const SHA256 = "7f43f12ceb2d2b137ccdf5b6277432b9266d2ddec51a765b9ed89c9f12a678f4";
const LONGEST_MS = 300_000;

/** Points per second of CPU time; null, said aloud, where Java or the jar cannot be had. */
export async function forestPerSecond(points: number, rounds: number): Promise<number | null> {
  try {
    const jar = await pinnedJar("randomcutforest", JAR, SHA256);
    const source = fileURLToPath(new URL("Forest.java", import.meta.url));
    const { stdout } = await promisify(execFile)("java", ["-XX:+UseSerialGC", "-cp", jar, source, String(points), String(rounds)], { timeout: LONGEST_MS });
    return Number(stdout.trim());
  } catch (error) {
    console.error(`No random cut forest to compare with: ${error instanceof Error ? error.message.split("\n")[0] : "unknown"}`);
    return null;
  }
}
