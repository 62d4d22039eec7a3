/** Rows of the files that are for a reader: told by the first row that can be read. */
import { type DataFile, type Row, type RowRead, rowsOf } from "./data-set.ts";
import { LINE_BOUNDS, type LineBounds } from "./lines.ts";

/** Lines at the start of a file among which a readable row is looked for; a file without one is for nobody. */
export const LINES_TO_RECOGNISE = 100;

/** Every line of the file if it is for this reader, else nothing. Lines before the row that tells are given once it did. @throws {DataError} */
export async function* recognisedRows(file: DataFile, recognises: (row: Row) => boolean, bounds: LineBounds = LINE_BOUNDS): AsyncGenerator<RowRead> {
  // Kept until a row tells whose file this is: another reader's lines are not this one's to complain of.
  let before: RowRead[] | null = [];
  for await (const read of rowsOf(file, bounds)) {
    if (before === null) yield read;
    else if (read.kind === "row") {
      if (!recognises(read.row)) return;
      yield* before;
      yield read;
      before = null;
    } else if (before.push(read) >= LINES_TO_RECOGNISE) return;
  }
}
