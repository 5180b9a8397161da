import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A build with sanitizers stands in another folder, named here. */
const build = process.env["BROKER_MAC_DOUBLE"] ?? "double";
const folder = fileURLToPath(new URL(`../../../packages/broker-mac/build/${build}/`, import.meta.url));

/** Where the files of the build are, for programs of their own. */
export const doubleFiles = {
  binding: `${folder}broker_mac.node`,
  extension: `${folder}fake_extension.node`,
  behaviour: `${folder}double_behaviour`,
};

/**
 * Why there is no build against the double on this machine; `undefined` when there is one.
 * @returns {string | undefined}
 */
export function whyNoDouble() {
  if (process.platform !== "linux") return "the double of AuthenticationServices runs on Linux only";
  if (Object.values(doubleFiles).every((file) => existsSync(file))) return undefined;
  return "the double of AuthenticationServices was not built: it needs clang and GNUstep (see native/README.md)";
}
