/** The API of Kubernetes, at whatever host: its paths tell. */
import { kubernetesDryRun } from "./dry-run.ts";
import { api, type HttpRule } from "./rule.ts";

const KUBERNETES = api("kubernetes", /./);
const GET_FIRST = "Save the objects as YAML first, to be able to apply them again.";

/** Core objects lie below `/api/v1`, all others below `/apis/<group>/<version>`. */
const rooted = (make: (root: string) => HttpRule): HttpRule[] => ["/api/v1", "/apis/*/v*"].map(make);

export const KUBERNETES_RULES: readonly HttpRule[] = [
  // Deletions alone: what is sent along with any other request has left, whatever the host makes of it.
  KUBERNETES.reads("DELETE /api/v1/namespaces|nodes|persistentvolumes/**", "dry-run", "Only shows what would be done.", { onlyIf: kubernetesDryRun }),
  KUBERNETES.reads("DELETE /apis/*/v*/**", "dry-run", "Only shows what would be done.", { onlyIf: kubernetesDryRun }),
  ...rooted((root) => KUBERNETES.destroys(`DELETE ${root}/namespaces/*`, "delete", "Deletes a namespace with everything in it.", { safer: GET_FIRST, blast: { extent: "tree", count: null } })),
  ...rooted((root) => KUBERNETES.destroys(`DELETE ${root}/persistentvolumes|namespaces|nodes|customresourcedefinitions|storageclasses|clusterroles|clusterrolebindings`, "deleteCollection", "Deletes every object of a kind in the cluster.", { blast: { extent: "all", count: null }, safer: "Delete by name." })),
  ...rooted((root) => KUBERNETES.destroys(`DELETE ${root}/persistentvolumes|customresourcedefinitions/*`, "delete", "Deletes a volume, or a definition with every object of it.", { safer: GET_FIRST })),
  ...rooted((root) => KUBERNETES.destroys(`DELETE ${root}/namespaces/*/persistentvolumeclaims|volumesnapshots/*`, "delete", "Deletes a claim or snapshot; its data may go with it.", { safer: GET_FIRST })),
  ...rooted((root) => KUBERNETES.destroys(`DELETE ${root}/namespaces/*/*`, "deleteCollection", "Deletes every object of a kind in the namespace.", { safer: "Delete by name.", blast: { extent: "all", count: null } })),
  ...rooted((root) => KUBERNETES.destroys(`DELETE ${root}/namespaces/*/*/*`, "delete", "Deletes an object of the cluster.", { safer: GET_FIRST })),
  ...rooted((root) => KUBERNETES.destroys(`DELETE ${root}/nodes/*`, "delete", "Takes a node from the cluster with what runs there.", { safer: "Drain it first." })),
  ...rooted((root) => KUBERNETES.destroys(`* ${root}/namespaces/*/finalize`, "finalize", "Forces a namespace to go without its finalizers.")),
  ...rooted((root) => KUBERNETES.destroys(`PATCH ${root}/**`, "removeFinalizers", "Takes finalizers away, which lets deletion go through.", { text: /"finalizers"\s*:\s*(null|\[\s*\])|\/metadata\/finalizers/ })),
  ...rooted((root) => KUBERNETES.destroys(`* ${root}/namespaces/*/*/*/scale`, "scaleToZero", "Stops every pod of a workload.", { text: /"replicas"\s*:\s*0\b/ })),
  ...rooted((root) => KUBERNETES.runs(`* ${root}/namespaces/*/pods/*/exec|attach|proxy|portforward/**`, "exec", "Runs a command in a pod.")),
  ...rooted((root) => KUBERNETES.writes(`POST ${root}/namespaces/*/pods/*/eviction`, "evict", "Moves a pod off its node.")),
  KUBERNETES.governs("* /apis/rbac.authorization.k8s.io/v*/**", "rbac", "Changes who may do what."),
];
