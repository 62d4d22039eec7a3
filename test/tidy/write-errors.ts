/** Writes libs/model/ERRORS.md from the error table: `node test/tidy/write-errors.ts`. */
import { writeFileSync } from "node:fs";
import { renderErrors } from "./errors-document.ts";

writeFileSync(new URL("../../libs/model/ERRORS.md", import.meta.url), renderErrors());
