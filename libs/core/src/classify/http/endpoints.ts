/** Addresses that are there to be asked in a language of their own: what such a question says is all that a request to them does. */

const lastPart = ({ pathname }: URL): string => pathname.split("/").findLast((part) => part !== "")?.toLowerCase() ?? "";

/** `/graphql`, `/graphql/v2`, `/api/graphql.json`, `/query`, and services that answer at their version alone. */
const GRAPHQL = /\/(graphql|gql)(\.json)?(\/(v?\d[\w.-]*|internal|public|stable|unstable))?\/?$|\/query\/?$/i;
const AT_VERSION = /(^|\.)monday\.com$/;

export const takesGraphql = (url: URL | null): boolean => url !== null && (GRAPHQL.test(url.pathname) || (AT_VERSION.test(url.hostname) && /^\/v\d+\/?$/.test(url.pathname)));

/** `/$batch`, `/batch`, `/composite`, `/batch/drive/v3`, and the root of an API, versions left out. */
const BATCH = /^(\$?batch|batches|composite|batch\.\w+|multi|v\d[\d.]*|)$/;

export const takesBatch = (url: URL | null): boolean => url !== null && (BATCH.test(lastPart(url)) || url.pathname.startsWith("/batch/"));

/** By the last part of the path: `/v1/projects/p/queries`, `/api/v2/statements`, `…:executeSql`, `/database/query`. */
const SQL = /sql|quer(y|ies)|statement|execute|pipeline|^jobs$|^raw$|^$/;

export const takesSql = (url: URL): boolean => SQL.test(lastPart(url));
