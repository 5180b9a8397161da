/** Where WSL's parts are. */
export interface WslLocations {
  /** File with the kernel's release. */
  readonly osReleaseFile: string;
  /** Folder in which the kernel lists what it can execute; WSL's interop is an entry for Windows programs. */
  readonly binfmtDirectory: string;
  /**
   * Where `wslinfo` may be: the first that exists counts. Absolute, so that neither a service's bare `PATH` nor
   * somebody else's `PATH` matters.
   */
  readonly wslinfoFiles: readonly string[];
}

export const wslLocations: WslLocations = {
  osReleaseFile: "/proc/sys/kernel/osrelease",
  binfmtDirectory: "/proc/sys/fs/binfmt_misc",
  wslinfoFiles: ["/usr/bin/wslinfo", "/bin/wslinfo"],
};
