import { parseObject } from "@x/broker-protocol";

/** How many places an answer's beginning is looked for at. */
const placesToLook = 200;

/**
 * The JSON object in what the proxy printed. Windows' line ends, NULs and a byte order mark around it do not count,
 * nor does text before or after it. `undefined` if there is no object.
 */
export function findJsonObject(output: Buffer): string | undefined {
  const text = printedText(output);
  const end = text.lastIndexOf("}") + 1;
  let start = text.indexOf("{");
  for (let place = 0; start >= 0 && start < end && place < placesToLook; place++) {
    const candidate = text.slice(start, end);
    if (parseObject(candidate) !== undefined) return candidate;
    start = text.indexOf("{", start + 1);
  }
  return undefined;
}

/** What a Windows program printed, without what only Windows puts there. */
export function printedText(output: Buffer): string {
  // A console program that writes wide characters leaves every other byte empty.
  return output.toString("utf8").replaceAll("\0", "").replaceAll("\uFEFF", "").trim();
}
