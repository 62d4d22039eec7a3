/** The working directory that telemetry tells. */
import { LIMITS } from "@tripline/model";

/** As a member of a draft; none for one that is not told, or too long to be kept whole: a part of it would be another directory. */
export const directoryOf = (told: string | null): { readonly workingDirectory?: string } => (told === null || told === "" || told.length > LIMITS.directoryChars ? {} : { workingDirectory: told });
