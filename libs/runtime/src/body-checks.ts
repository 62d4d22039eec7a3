/**
 * How fastify checks bodies here: what was not asked for as the schema says is an error to be told, not something to be guessed or left out.
 * The schemas themselves are code: to compile the schema of schemas, to hold them to it, took a tenth of a second of every start.
 */
export const BODY_CHECKS = { customOptions: { coerceTypes: false, removeAdditional: false, validateSchema: false } } as const;
