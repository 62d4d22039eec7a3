/** Requests that only show what they would do. A server that does not know the word, or finds it elsewhere, does it: so it must be beyond doubt. */

const FORM = /^[\w.%+-]{1,128}=/;

/** True where the query string has the field once, in this spelling and with this value. */
export function statedInQuery({ searchParams }: URL, name: string, value: string): boolean {
  const found = [...searchParams].filter(([other]) => other.trim().toLowerCase() === name.toLowerCase());
  return found.length === 1 && found[0]![0] === name && found[0]![1] === value;
}

/** With a body, Kubernetes takes its options from there and overlooks the query string. */
export const kubernetesDryRun = (url: URL, body: string | null): boolean => (body ?? "").trim() === "" && statedInQuery(url, "dryRun", "All");

/** Older APIs of Google overlook fields that they do not know. */
const OLDER = /^(?:storage|compute|www|gmail|drive|calendar|people|tasks|bigquery|content|youtube|sqladmin|dns|container|datastore|firestore|firebase\w*|identitytoolkit|pubsub|logging|monitoring)\./i;

export const googleDryRun = (url: URL, body: string | null): boolean =>
  url.hostname.startsWith("bigquery.") ? bigqueryDryRun(url, body) : !OLDER.test(url.hostname) && statedInQuery(url, "validateOnly", "true");

function bigqueryDryRun({ pathname }: URL, body: string | null): boolean {
  if (!/^\/(?:bigquery|upload\/bigquery)\/v2\/projects\/[^/]+\/(?:queries|jobs)$/.test(pathname)) return false;
  try {
    const { dryRun, configuration } = JSON.parse(body ?? "") as { readonly dryRun?: unknown; readonly configuration?: { readonly dryRun?: unknown } | null };
    return pathname.endsWith("/queries") ? dryRun === true : configuration?.dryRun === true;
  } catch {
    return false;
  }
}

/** EC2 alone of the services that take forms knows it; the others overlook it. */
export function ec2DryRun(url: URL, body: string | null): boolean {
  if (!/^ec2[.-]/.test(url.hostname)) return false;
  const text = (body ?? "").trim();
  const fields = [...url.searchParams, ...(FORM.test(text) ? new URLSearchParams(text) : [])].filter(([name]) => name.trim().toLowerCase() === "dryrun");
  return fields.length === 1 && fields[0]![0] === "DryRun" && fields[0]![1] === "true" && (text === "" || FORM.test(text));
}
