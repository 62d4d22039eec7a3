/** Bounds of one classification. Past any of them the answer is `unknown`, never safe. */

/** Longest text given to one parser, in UTF-16 units: keeps the slowest of them under about 3 ms. */
export const PARSER_INPUT_CHARS = 16_384;
/** Operations kept per action; the deciding one is always kept. */
export const MAX_VERDICTS = 64;
/** Targets kept per operation. */
export const MAX_TARGETS = 16;
/** Interpreters within interpreters (`ssh host 'sh -c "psql -c …"'`), substitutions included. */
export const MAX_NESTING = 8;
/** Commands followed per action, over all nesting levels; statements of one SQL text that PostgreSQL's grammar does not take as a whole. */
export const MAX_COMMANDS = 512;
/** Expansions within expansions (`${a:-${b:-…}}`, `$(( $(( … )) ))`): the parser reads the rest of the text again at each level. */
export const MAX_EXPANSION_DEPTH = 32;
/** Expansions open at once, and here-documents of one script, that reach the parser: it takes time squared over them. */
export const MAX_OPEN_EXPANSIONS = 128;
export const MAX_HERE_DOCUMENTS = 256;
/** Steps of one reading of a script: loops within loops and functions calling functions multiply without a single command. */
export const MAX_STEPS = 4_096;
/** Size of all that the programs of one script are given, options, code and input: what is repeated, or handed on, is read again each time. */
export const MAX_GIVEN_CHARS = 65_536;
/** How often a sign of SQL counts towards it: its parser takes as much longer than the others. */
export const SQL_WEIGHT = 4;
/** What a word counts for beside its signs: programs look at each several times. */
export const CHARS_PER_WORD = 4;
/** GraphQL tokens per document (a document of 16 KB of one-letter aliases has about 8,000). */
export const MAX_GRAPHQL_TOKENS = 5_000;
/** Documents in one GraphQL batch. */
export const MAX_GRAPHQL_BATCH = 32;
/** Fields visited per GraphQL document, fragments expanded: fragments can multiply exponentially. */
export const MAX_GRAPHQL_FIELDS = 512;
/** Calls of tools within calls of tools (`call_tool`, batches). */
export const MAX_TOOL_NESTING = 4;
/** Queries, commands or inner calls judged per list of a tool's inputs. */
export const MAX_NESTED_INPUTS = 32;
