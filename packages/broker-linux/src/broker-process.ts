import { files } from "./files.js";

/** What the kernel tells about another process of the same user. */
export interface ProcessFacts {
  /** File name of the program, without its folder. */
  readonly program?: string;
  /** Whether its environment names a display; unknown if it cannot be read. */
  readonly hasDisplay?: boolean;
}

/** Looks a process up in /proc. Nothing of another namespace or user can be seen: then nothing is told. */
export function readProcess(pid: number): ProcessFacts {
  const program = attempt(() => files.readLink(`/proc/${pid}/exe`).replace(/^.*\//s, ""));
  const environment = attempt(() => files.readText(`/proc/${pid}/environ`));
  return {
    ...(program !== undefined && { program }),
    ...(environment !== undefined && { hasDisplay: /(?:^|\0)(?:WAYLAND_)?DISPLAY=[^\0]/.test(environment) }),
  };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
