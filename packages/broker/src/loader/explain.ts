import { BrokerError, type BrokerErrorReason, type BrokerPlatform } from "@x/broker-contract";
import type { RuntimeEnvironment } from "./environment.js";

/** What to say about a platform package that did not load. */
export interface Explanation {
  readonly reason: BrokerErrorReason;
  /** What happened, as one sentence. */
  readonly message: string;
  /** What to do, most likely remedy first. */
  readonly advice: readonly string[];
}

/** There is no package for this operating system. */
export function explainUnsupported({ platform, arch }: RuntimeEnvironment): Explanation {
  const named = platform === "win32" ? "Windows" : platform === "darwin" ? "macOS" : undefined;
  return {
    reason: "unsupported_platform",
    message:
      named === undefined
        ? `There is no authentication broker for ${platform} (${arch}).`
        : `The broker of ${named} is not available in this version of @x/broker; only that of Linux is.`,
    advice: [
      "Use another credential here, e.g. InteractiveBrowserCredential or DeviceCodeCredential of @azure/identity.",
    ],
  };
}

/** Tells why a platform package did not load, from the error and from where we are. */
export function explainLoadFailure(
  packageName: string,
  cause: unknown,
  environment: RuntimeEnvironment,
): Explanation {
  if (isMissing(cause, packageName)) return explainMissing(packageName, environment);
  return explainBroken(packageName, textOf(cause), environment);
}

/** Makes the error of an explanation. */
export function loadError(
  explanation: Explanation,
  platform: BrokerPlatform | undefined,
  native: Readonly<Record<string, string>>,
  cause: unknown,
): BrokerError {
  return new BrokerError("broker_unavailable", {
    message: explanation.message,
    hint: explanation.advice.join(" "),
    reason: explanation.reason,
    native,
    ...(platform === undefined ? {} : { platform }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The first line of what an error says. */
function textOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split("\n", 1)[0] ?? "";
}

/** Whether the package itself is missing, as opposed to something that it needs. */
function isMissing(cause: unknown, packageName: string): boolean {
  if (!(cause instanceof Error) || !("code" in cause)) return false;
  if (cause.code !== "ERR_MODULE_NOT_FOUND" && cause.code !== "MODULE_NOT_FOUND") return false;
  return new RegExp(`(?:module|package) '${packageName.replace("/", "\\/")}'`).test(cause.message);
}

function explainMissing(packageName: string, environment: RuntimeEnvironment): Explanation {
  const { platform, arch, electronVersion, packed } = environment;
  const advice = [
    `Install it: npm install ${packageName}.`,
    "If optional dependencies were left out (--omit=optional, --no-optional), install with: npm install --include=optional @x/broker.",
    `If node_modules was made on another OS or CPU, make it for this one: npm install --os=${platform} --cpu=${arch} @x/broker ` +
      "(pnpm and Yarn: the setting supportedArchitectures).",
    `If a bundler made this program, mark ${packageName} as external and ship it beside the bundle.`,
  ];
  if (electronVersion !== undefined)
    advice.push(
      `In Electron, keep ${packageName} among the files of the app, unpacked from the asar archive.`,
    );
  if (packed) advice.push(`In a packed executable, ship ${packageName} beside it in node_modules.`);
  return {
    reason: "platform_package_missing",
    message: `The package ${packageName}, which speaks to the broker of this OS, is not installed.`,
    advice,
  };
}

function explainBroken(packageName: string, text: string, environment: RuntimeEnvironment): Explanation {
  return {
    reason: "native_addon_missing",
    message: `The package ${packageName} is installed but did not load: ${text}.`,
    advice: adviceFor(packageName, text, environment),
  };
}

function adviceFor(packageName: string, text: string, environment: RuntimeEnvironment): string[] {
  const { platform, arch, libc, glibcVersion, electronVersion } = environment;
  const library = /(lib[\w.+-]+\.so[.\d]*): cannot open shared object file/.exec(text)?.[1];
  const glibc = /version [`']GLIBC_([\d.]+)'/.exec(text)?.[1];
  if (library?.startsWith("libsystemd"))
    return [
      "Install the system library: apt install libsystemd0 (Debian, Ubuntu) or dnf install systemd-libs (Fedora, RHEL).",
    ];
  if (glibc !== undefined)
    return [
      `It needs glibc ${glibc} or newer, and this system has ${glibcVersion ?? "an older one"}: use a newer distribution.`,
    ];
  if (/wrong ELF class|invalid ELF header|not a valid Win32|incompatible architecture/.test(text))
    return [
      `It was built for another CPU or OS than ${platform} ${arch}: make node_modules on this machine, ` +
        `or with npm install --os=${platform} --cpu=${arch} @x/broker.`,
    ];
  if (libc === "musl")
    return [
      "This system uses musl (Alpine Linux), and the addon is built for glibc: use a Debian, Ubuntu or Fedora image, " +
        "or another credential.",
    ];
  if (library !== undefined)
    return [`Install the system library ${library} with the system's package manager.`];
  if (/No native build was found/.test(text))
    return [
      `The package holds no build of its addon for ${platform} ${arch}.`,
      `If a bundler or packer left it out, ship the folder prebuilds of ${packageName} with the program.`,
    ];
  if (electronVersion !== undefined)
    return [
      `In Electron, unpack ${packageName} from the asar archive (asarUnpack), so that its addon can be loaded.`,
    ];
  return [`Install it afresh (npm install ${packageName}); if that does not help, report the text above.`];
}
