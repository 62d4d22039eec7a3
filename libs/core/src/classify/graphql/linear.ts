/** Linear's GraphQL API: its deletions move most things to a trash that empties itself after a while. */
import type { Arguments, GraphqlService, MutationRule } from "./service.ts";

const isPermanent = (args: Arguments): boolean => "permanentlyDelete" in args && args["permanentlyDelete"] !== false && args["permanentlyDelete"] !== "false";

const TRASHED = "issueDelete projectDelete documentDelete initiativeDelete";
const ARCHIVES = "issueArchive issueUnarchive projectArchive projectUnarchive initiativeArchive initiativeUnarchive cycleArchive roadmapArchive roadmapUnarchive notificationArchive notificationUnarchive documentUnarchive teamUnarchive";

export const LINEAR: GraphqlService = {
  name: "linear",
  hosts: /(^|\.)linear\.app$/,
  path: null,
  mutations: [
    { field: "issueDelete", when: isPermanent, effect: "delete", reversibility: "irreversible", reason: "Deletes an issue for good, past the trash.", safer: "Leave out `permanentlyDelete`.", shared: true },
    ...TRASHED.split(" ").map((field): MutationRule => ({ field, effect: "delete", reversibility: "unknown", reason: "Moves it to the trash, which empties itself after a while.", safer: "Archive it.", shared: true })),
    ...ARCHIVES.split(" ").map((field): MutationRule => ({ field, effect: "write", reversibility: "recoverable", reason: "Archives, or takes out of the archive.", overwrites: false, shared: true })),
    { field: "organizationDelete", effect: "delete", reversibility: "irreversible", reason: "Deletes the workspace with everything in it.", shared: true },
    { field: "organizationCancelDelete", effect: "write", reversibility: "unknown", reason: "Calls the deletion of the workspace off.", shared: true },
  ],
};
