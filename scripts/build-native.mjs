// Builds the addon of one package (the current folder) and packs it into prebuilds/, where node-gyp-build finds
// it. What is up to date is not compiled again. Quiet unless something fails.
//
// --sanitize=address | thread: an instrumented build under build/<sanitizer>/ instead. Nothing is packed for users;
// run it with the sanitizer's runtime preloaded and @X/<PACKAGE>_PREBUILD (see node-gyp-build) naming that folder.
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

const { values: options } = parseArgs({ options: { sanitize: { type: "string" } } });
const sanitizers = ["address", "thread"];
if (options.sanitize !== undefined && !sanitizers.includes(options.sanitize)) {
  throw new Error(`--sanitize must be one of ${sanitizers.join(", ")}`);
}

const cwd = process.cwd();
const require = createRequire(join(cwd, "package.json"));
const { name } = require("./package.json");
const prebuildify = promisify(require("prebuildify"));

if (options.sanitize) process.env.BROKER_SANITIZER = options.sanitize;

await prebuildify({
  cwd,
  ...(options.sanitize ? { out: join("build", options.sanitize) } : { strip: true }),
  name: name.split("/").at(-1),
  napi: true,
  tagLibc: true,
  targets: [process.version],
  nodeGyp: fileURLToPath(new URL("prebuild-adapter.mjs", import.meta.url)),
});
