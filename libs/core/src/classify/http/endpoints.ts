/** Addresses that are there to be asked in a language of their own: what such a question says is all that a request to them does. */

const lastPart = ({ pathname }: URL): string => pathname.split("/").findLast((part) => part !== "")?.toLowerCase() ?? "";

/** `/graphql`, `/graphql/v2`, `/api/graphql.json`, and services that answer at their version alone. */
const GRAPHQL = /\/(graphql|gql)(\.json)?(\/(v?\d[\w.-]*|internal|public|stable|unstable))?\/?$/i;
const AT_VERSION = /(^|\.)monday\.com$/;

export const takesGraphql = (url: URL | null): boolean => url !== null && (GRAPHQL.test(url.pathname) || (AT_VERSION.test(url.hostname) && /^\/v\d+\/?$/.test(url.pathname)));

/** `/$batch`, `/batch`, `/composite`, `/batch/drive/v3`; Facebook takes batches at its root. */
const BATCH = /^(\$?batch|batches|composite|batch\.\w+)$/;
const AT_ROOT = /(^|\.)facebook\.com$/;

export const takesBatch = (url: URL | null): boolean => url !== null && (BATCH.test(lastPart(url)) || url.pathname.startsWith("/batch/") || (AT_ROOT.test(url.hostname) && /^\/(v[\d.]+\/?)?$/.test(url.pathname)));

/** By the last part of the path: `/v1/projects/p/queries`, `/api/v2/statements`, `…:executeSql`, `/database/query`. */
const SQL = /sql|quer(y|ies)|statement|execute|pipeline|^jobs$|^raw$/;
/** Databases that take nothing but SQL at their root. */
export const SQL_AT_ROOT = /\.clickhouse\.cloud$/;

/** `names`: the operation that is named beside the path, as AWS's are at its root. */
export const takesSql = (url: URL, names: string): boolean => SQL.test(lastPart(url)) || (lastPart(url) === "" && (SQL_AT_ROOT.test(url.hostname) || names.startsWith("aws.")));
