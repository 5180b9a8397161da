/** What the loader has to know about this process to explain a failure. */
export interface RuntimeEnvironment {
  readonly platform: string;
  readonly arch: string;
  readonly nodeVersion: string;
  /** Which C library the process runs on; `undefined` where it is not Linux. */
  readonly libc: "glibc" | "musl" | undefined;
  readonly glibcVersion: string | undefined;
  /** Version of Electron, where this is Electron. */
  readonly electronVersion: string | undefined;
  /** Set in a single executable application or another packed program without a node_modules folder. */
  readonly packed: boolean;
}

/** Looks at this process. Building the report takes milliseconds, so only a failure pays for it. */
export function readEnvironment(): RuntimeEnvironment {
  const glibcVersion = process.platform === "linux" ? readGlibcVersion() : undefined;
  return {
    platform: process.platform,
    arch: process.arch,
    nodeVersion: process.version,
    libc: process.platform !== "linux" ? undefined : glibcVersion === undefined ? "musl" : "glibc",
    glibcVersion,
    electronVersion: process.versions["electron"],
    packed: "pkg" in process,
  };
}

function readGlibcVersion(): string | undefined {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header?.glibcVersionRuntime;
}
