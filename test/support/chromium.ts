import { createHash, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

/** As Debian, Ubuntu and Google call it. */
const programs = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * Why no page can be clicked through here, as one sentence, or `undefined` when one can. On continuous integration a
 * lack is an error: these tests must run there.
 */
export function whyNoChromium(): string | undefined {
  if (chromiumProgram() !== undefined) return undefined;
  const reason = `Chromium is not installed: install the package listed under "browser" in scripts/system-packages.json.`;
  if (process.env["CI"] === "true") throw new Error(reason);
  return reason;
}

function chromiumProgram(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return programs
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => existsSync(file));
}

/** Starts the system's Chromium without a window. Trusts one more certificate, and no other. */
export function startChromium(certificateFile: string): Promise<Browser> {
  const { publicKey } = new X509Certificate(readFileSync(certificateFile));
  const key = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
  const executablePath = chromiumProgram();
  if (executablePath === undefined) throw new Error("Chromium is not installed.");
  return chromium.launch({ executablePath, args: [`--ignore-certificate-errors-spki-list=${key}`] });
}

/** A new window, as small as the pages are. */
export async function openPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 720, height: 620 }, deviceScaleFactor: 1 });
  page.setDefaultTimeout(30_000);
  return page;
}
