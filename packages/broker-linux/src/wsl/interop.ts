import { join } from "node:path";
import { fs } from "../files.js";

/** First bytes of every Windows program, as the kernel lists them. */
const windowsProgramMagic = /^magic 4d5a$/m;

/**
 * Whether this kernel can execute Windows programs: WSL's interop is an enabled binfmt_misc entry for them
 * (`WSLInterop`, `WSLInterop-late`, …). Asked before one is started, because the C library hands a file that the
 * kernel cannot execute to a shell.
 */
export function isInteropOn(binfmtDirectory: string): boolean {
  try {
    if (fs().readFileSync(join(binfmtDirectory, "status"), "utf8").trim() === "disabled") return false;
  } catch {
    // Some mounts show no status; the entries speak for themselves.
  }
  return entries(binfmtDirectory).some((text) => /^enabled$/m.test(text) && windowsProgramMagic.test(text));
}

function entries(directory: string): string[] {
  let names: string[];
  try {
    names = fs().readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => name !== "register" && name !== "status")
    .map((name) => {
      try {
        return fs().readFileSync(join(directory, name), "utf8");
      } catch {
        return "";
      }
    });
}
