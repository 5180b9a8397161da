// Stands where the system's browser does: writes the address it is to open to the file HANDED_OVER, for a browser that
// a test drives.
import { renameSync, writeFileSync } from "node:fs";

const file = /** @type {string} */ (process.env["HANDED_OVER"]);
writeFileSync(`${file}.part`, /** @type {string} */ (process.argv[2]));
renameSync(`${file}.part`, file);
