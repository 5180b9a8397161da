/** What the loader has to know about this process to explain a failure. */
export interface RuntimeEnvironment {
  readonly platform: string;
  readonly arch: string;
  /** Version of Electron, where this is Electron. */
  readonly electronVersion: string | undefined;
  /** How the program was packed into one executable, where it was. */
  readonly packed: "sea" | "pkg" | undefined;
}

/** Looks at this process. */
export function readEnvironment(): RuntimeEnvironment {
  return {
    platform: process.platform,
    arch: process.arch,
    electronVersion: process.versions["electron"],
    packed: isSea() ? "sea" : "pkg" in process ? "pkg" : undefined,
  };
}

/** Whether this is a single executable application; older versions of Node.js 20 do not tell. */
function isSea(): boolean {
  return process.getBuiltinModule?.("node:sea")?.isSea() ?? false;
}
