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
  return {
    reason: "unsupported_platform",
    message: `There is no authentication broker for ${platform} (${arch}).`,
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
  if (isMissing(cause, packageName)) return explainMissing(packageName, cause, environment);
  return {
    reason: "native_addon_missing",
    message: `The package ${packageName} is installed but did not load: ${textOf(cause)}.`,
    advice: [
      `Install it afresh (npm install ${packageName}); if that does not help, report the text above.`,
      `If a bundler made this program, mark ${packageName} as external and ship it beside the bundle.`,
    ],
  };
}

/** What this kind of program can do, beside what the package itself says, when its addon does not load. */
export function adviceForAddon(
  packageName: string,
  { electronVersion, packed }: RuntimeEnvironment,
): string[] {
  return [
    ...(electronVersion === undefined
      ? []
      : [
          `In Electron, unpack ${packageName} from the asar archive (asarUnpack), so that its addon can be loaded.`,
        ]),
    ...(packed === undefined
      ? []
      : [`In a packed executable, ship ${packageName} beside it in node_modules.`]),
  ];
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
export function isMissing(cause: unknown, packageName: string): boolean {
  if (!(cause instanceof Error) || !("code" in cause) || !missingCodes.has(String(cause.code))) return false;
  const name = packageName.replace("/", "\\/");
  return (
    // Node.js, bundlers, and a single executable application.
    new RegExp(`(?:module|package)(?: '|: )${name}(?:'|$)`, "m").test(cause.message) ||
    isPlugAndPlay(cause, packageName)
  );
}

const missingCodes: ReadonlySet<string> = new Set([
  "ERR_MODULE_NOT_FOUND",
  "MODULE_NOT_FOUND",
  "ERR_UNKNOWN_BUILTIN_MODULE",
]);

/** Yarn's Plug'n'Play has words of its own for a package that is not declared, not installed or not unpacked. */
function isPlugAndPlay(cause: unknown, packageName: string): boolean {
  const name = packageName.replace("/", "\\/");
  return (
    cause instanceof Error &&
    (new RegExp(`tried to access ${name}\\b`).test(cause.message) ||
      new RegExp(`missing from disk[\\s\\S]*${name}\\b`).test(cause.message))
  );
}

/** What makes a broker, by the package it is in. */
const factories: Readonly<Record<string, string>> = {
  "@x/broker-linux": "createLinuxBroker",
  "@x/broker-win": "createWindowsBroker",
  "@x/broker-mac": "createMacBroker",
};

function explainMissing(packageName: string, cause: unknown, environment: RuntimeEnvironment): Explanation {
  const { platform, arch, electronVersion, packed } = environment;
  const reason = "platform_package_missing";
  const message = `The package ${packageName}, which speaks to the broker of this OS, is not installed.`;
  if (packed === "sea" || (cause as { code?: unknown }).code === "ERR_UNKNOWN_BUILTIN_MODULE")
    return {
      reason,
      message: `The package ${packageName}, which speaks to the broker of this OS, is not part of this executable.`,
      advice: [
        `A single executable application finds built-in modules alone: ship ${packageName} in a node_modules folder beside it, ` +
          `and give the credential the option broker: createRequire(process.execPath)("${packageName}").${factories[packageName]}().`,
      ],
    };
  if (packed === "bun")
    return {
      reason,
      message: `The package ${packageName}, which speaks to the broker of this OS, is not part of this executable.`,
      advice: [
        `An executable of "bun build --compile" finds no package beside it: run the app with bun itself, or ship ${packageName} ` +
          `in a node_modules folder and give the option broker: require("<that folder>/${packageName}/dist/cjs/index.js").${factories[packageName]}().`,
      ],
    };
  const advice = [
    `Install it: npm install ${packageName}.`,
    "If optional dependencies were left out (--omit=optional, --no-optional), install with: npm install --include=optional @x/broker.",
    `If node_modules was made on another OS or CPU, make it for this one: npm install --os=${platform} --cpu=${arch} @x/broker ` +
      "(pnpm and Yarn: the setting supportedArchitectures).",
    `If a bundler made this program, mark ${packageName} as external and ship it beside the bundle.`,
  ];
  if (isPlugAndPlay(cause, packageName))
    advice.unshift(`With Yarn Plug'n'Play, add it to the app: yarn add ${packageName}.`);
  if (electronVersion !== undefined)
    advice.push(
      `In Electron, keep ${packageName} among the files of the app, unpacked from the asar archive.`,
    );
  if (packed !== undefined)
    advice.push(`In a packed executable, ship ${packageName} beside it in node_modules.`);
  return { reason, message, advice };
}
