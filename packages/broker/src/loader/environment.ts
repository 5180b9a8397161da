/** What the loader has to know about this process to explain a failure. */
export interface RuntimeEnvironment {
  readonly platform: string;
  readonly arch: string;
  /** Version of Electron, where this is Electron. */
  readonly electronVersion: string | undefined;
  /** How the program was packed into one executable, where it was. */
  readonly packed: "sea" | "pkg" | "bun" | undefined;
}

/** Looks at this process. */
export function readEnvironment(): RuntimeEnvironment {
  return {
    platform: process.platform,
    arch: process.arch,
    electronVersion: process.versions["electron"],
    packed: isSea() ? "sea" : "pkg" in process ? "pkg" : isBunExecutable() ? "bun" : undefined,
  };
}

/** Whether this is a single executable application; older versions of Node.js 20 do not tell. */
function isSea(): boolean {
  return process.getBuiltinModule?.("node:sea")?.isSea() ?? false;
}

/** Whether `bun build --compile` made this program: it runs from a file system of its own (`B:` on Windows). */
function isBunExecutable(): boolean {
  return "bun" in process.versions && /^(?:\/\$bunfs|B:[\\/]~BUN)/.test(process.argv[1] ?? "");
}
