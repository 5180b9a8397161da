/** What there is to know about where this process runs, to tell whether a browser can be opened. */
export interface Surroundings {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
  readonly isWsl: boolean;
  /** Whether a person reads what goes to standard error. */
  readonly isTerminal: boolean;
  /** Whether there is a program of that name on the search path. */
  readonly hasProgram: (name: string) => boolean;
}

/** A program that opens a URL, which becomes its last argument. */
export interface OpenCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/** Whether a browser can be opened here: with what, or why not. */
export type BrowserHere =
  | { readonly opens: true; readonly command: OpenCommand }
  | {
      readonly opens: false;
      /** Goes on after "because". */
      readonly why: string;
    };

/** Looks at this process. */
export function readSurroundings(): Surroundings {
  const { platform, env } = process;
  return {
    platform,
    env,
    isRoot: process.geteuid?.() === 0,
    isWsl: platform === "linux" && /microsoft/i.test(textOf("/proc/sys/kernel/osrelease")),
    isTerminal: process.stderr.isTTY === true,
    hasProgram: (name) => isOnPath(name, env["PATH"] ?? ""),
  };
}

/** Finds out whether a browser that opens here is one the user sees, without trying. */
export function browserHere(surroundings: Surroundings): BrowserHere {
  const { platform, env } = surroundings;
  const chosen = platform === "win32" ? undefined : chosenBrowser(env["BROWSER"]);
  // Who sets it (an editor's remote terminal does) says that this works, wherever the session is.
  if (chosen !== undefined) return { opens: true, command: chosen };
  const why = whyNotHere(surroundings);
  if (why !== undefined) return { opens: false, why };
  const command = openCommand(surroundings);
  return command === undefined
    ? { opens: false, why: "no program that opens a browser was found (xdg-open)" }
    : { opens: true, command };
}

function whyNotHere({ platform, env, isRoot, isWsl }: Surroundings): string | undefined {
  const isSet = (name: string): boolean => (env[name] ?? "") !== "";
  if (isSet("SSH_CONNECTION") || isSet("SSH_TTY"))
    return "this is an SSH session, and a browser would open on a screen that its user does not see";
  if (platform === "win32")
    return isServiceAccount(env["USERPROFILE"] ?? "")
      ? "this runs as a Windows service, which has no desktop"
      : undefined;
  if (isRoot) return "this runs as root, and browsers refuse to";
  if (platform === "darwin" || isWsl || isSet("DISPLAY") || isSet("WAYLAND_DISPLAY")) return undefined;
  return "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)";
}

/** The profiles of LocalSystem, LocalService and NetworkService, and of services' own accounts. */
function isServiceAccount(profile: string): boolean {
  return /\\(?:config\\systemprofile|ServiceProfiles\\)/i.test(profile);
}

function openCommand({ platform, env, isWsl, hasProgram }: Surroundings): OpenCommand | undefined {
  const windows = { program: "rundll32.exe", args: ["url.dll,FileProtocolHandler"] };
  switch (platform) {
    case "win32":
      // By its whole path: nobody's program of that name in the current folder.
      return {
        ...windows,
        program: `${env["SystemRoot"] ?? "C:\\Windows"}\\System32\\${windows.program}`,
      };
    case "darwin":
      return { program: "/usr/bin/open", args: [] };
    default: {
      const candidates = [
        ...(isWsl ? [{ program: "wslview", args: [] }, windows] : []),
        { program: "xdg-open", args: [] },
      ];
      return candidates.find(({ program }) => hasProgram(program));
    }
  }
}

/** `$BROWSER` names commands, separated by colons; the first one counts. */
function chosenBrowser(value: string | undefined): OpenCommand | undefined {
  const [first = ""] = (value ?? "").split(":");
  const [program, ...args] = first.split(/\s+/).filter((word) => word !== "" && word !== "%s");
  return program === undefined ? undefined : { program, args };
}

function isOnPath(name: string, path: string): boolean {
  const { accessSync, constants } = process.getBuiltinModule("node:fs");
  const { delimiter, join } = process.getBuiltinModule("node:path");
  return path.split(delimiter).some((folder) => {
    if (folder === "") return false;
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function textOf(file: string): string {
  try {
    return process.getBuiltinModule("node:fs").readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
