import { describeInWindows } from "../support/wine/describe-in-windows.js";
import { addonsUnderTest } from "../support/wine/fake-wam-file.mjs";

for (const { name, needs, env } of addonsUnderTest) {
  await describeInWindows({
    name: `conformance over ${name}`,
    file: new URL("./windows.windows-test.ts", import.meta.url),
    needs,
    env,
  });
}
