import { fs } from "../files.js";

/**
 * Which kernel runs here, as far as WSL is concerned.
 * - `wsl2`: its release names WSL2, in any letter case; the mark Microsoft's client goes by (captured).
 * - `wsl1`: Windows itself plays the kernel.
 * - `unmarked`: Microsoft's, but without that mark: an old kernel of WSL 2, or somebody's own.
 * - `none`: not WSL.
 */
export type WslKernel = "wsl2" | "wsl1" | "unmarked" | "none";

/** Tells WSL's kernels apart by their release, e.g. `5.15.167.4-microsoft-standard-WSL2`. */
export function kernelOf(release: string): WslKernel {
  if (/wsl2/i.test(release)) return "wsl2";
  // WSL 1 says 4.4.0-<Windows build>-Microsoft, whatever the Windows.
  if (/^4\.4\.0-\d+-microsoft\b/i.test(release)) return "wsl1";
  return /microsoft|wsl/i.test(release) ? "unmarked" : "none";
}

/** Reads the kernel's release. A file that cannot be read is no WSL. */
export function readKernel(osReleaseFile: string): WslKernel {
  try {
    return kernelOf(fs().readFileSync(osReleaseFile, "utf8").trim());
  } catch {
    return "none";
  }
}
