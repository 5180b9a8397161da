import { spawnSync } from "node:child_process";
import { dirname } from "node:path";

/**
 * Puts a simulated WSL where a program looks for the real one: a mount namespace of its own, in which the kernel
 * says WSL2, /usr/bin has a wslinfo, and binfmt_misc lists WSL's interop. Nothing outside of it changes.
 */
const enter = `
set -e
/bin/mount --bind "$1" /proc/sys/kernel/osrelease
/bin/mount --bind "$2" /proc/sys/fs/binfmt_misc
/bin/mount -t overlay overlay -o "lowerdir=$3:/usr/bin" /usr/bin
shift 3
exec "$@"
`;

/**
 * The command that runs a program inside the simulated WSL.
 * @param {import("@x/broker-emulator").WslEmulator} emulator
 * @returns {(program: string, args: readonly string[]) => [string, string[]]}
 */
export function insideWsl({ locations }) {
  const { osReleaseFile, binfmtDirectory, wslinfoFiles } = locations;
  return (program, args) => [
    "/usr/bin/unshare",
    [
      ...["--mount", "--propagation", "private", "/bin/sh", "-c", enter, "sh"],
      ...[osReleaseFile, binfmtDirectory, dirname(wslinfoFiles[0] ?? "/")],
      ...[program, ...args],
    ],
  ];
}

/**
 * Why this machine cannot do that, or `undefined` if it can.
 * @param {import("@x/broker-emulator").WslEmulator} emulator
 */
export function whyNoSimulatedWsl(emulator) {
  const [program, args] = insideWsl(emulator)("/bin/cat", ["/proc/sys/kernel/osrelease", "/usr/bin/wslinfo"]);
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status === 0) return undefined;
  return `A simulated WSL needs a mount namespace (root, or CAP_SYS_ADMIN): ${error?.message ?? stderr.trim()}`;
}
