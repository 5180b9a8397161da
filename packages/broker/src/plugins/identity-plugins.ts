import { CredentialUnavailableError } from "../credential/errors.js";
import type { LoggerOptions } from "./msal-types.js";
import { NativeBrokerPlugin, type NativeBrokerPluginOptions } from "./native-broker-plugin.js";
import { vsCodeRecordPath } from "./vs-code-record.js";

/** A plugin of `@azure/identity`, for its `useIdentityPlugin()`. */
export type IdentityPlugin = (context: unknown) => void;

/** What `@azure/identity` hands to a plugin; which of it there is depends on its version. */
interface PluginContext {
  readonly nativeBrokerPluginControl?: {
    readonly setNativeBroker?: (plugin: NativeBrokerPlugin) => void;
  };
  readonly vsCodeCredentialControl?: {
    readonly setVSCodeAuthRecordPath?: (path: string) => void;
    readonly setVSCodeBroker?: (plugin: NativeBrokerPlugin) => void;
    readonly setVsCodeCredentialFinder?: (finder: () => Promise<never>) => void;
  };
}

/**
 * The plugin for versions of `@azure/identity` whose `DefaultAzureCredential` asks a broker. When they hear that there
 * is none they throw a text of their own in a constructor, which `DefaultAzureCredential` drops; so the reason waits
 * until a token is asked for. There identity makes its msal-node app, which calls `setLogger()`, and what that throws
 * arrives as it is: at the caller, at a chain that goes on, in its aggregate error.
 */
class TellingBrokerPlugin extends NativeBrokerPlugin {
  readonly #options: NativeBrokerPluginOptions;

  constructor(options: NativeBrokerPluginOptions) {
    super(options);
    this.#options = options;
    this.isBrokerAvailable = true;
  }

  /** @throws CredentialUnavailableError when there is no broker. */
  override setLogger(loggerOptions: LoggerOptions): void {
    super.setLogger(loggerOptions);
    // Looked at anew: there may be one by now.
    const { unavailableReason } = new NativeBrokerPlugin(this.#options);
    this.unavailableReason = unavailableReason;
    if (unavailableReason !== undefined)
      throw new CredentialUnavailableError(`@x/broker: ${unavailableReason.message}`, {
        cause: unavailableReason,
      });
  }
}

/**
 * Makes a {@link nativeBrokerPlugin} with options, such as `{ clientCapabilities: ["CP1"] }`.
 * @throws TypeError or RangeError for an option that makes no sense, when it is used.
 */
export function createNativeBrokerPlugin(options: NativeBrokerPluginOptions = {}): IdentityPlugin {
  return (context) => {
    const control = (context as PluginContext | undefined)?.nativeBrokerPluginControl;
    if (typeof control?.setNativeBroker !== "function") throw noControl("nativeBrokerPlugin", "4.0");
    const all = { caller: "identity", ...options } as const;
    const asksInChain =
      typeof (context as PluginContext).vsCodeCredentialControl?.setVSCodeBroker === "function";
    // Older ones turn to the browser by themselves.
    control.setNativeBroker(asksInChain ? new TellingBrokerPlugin(all) : new NativeBrokerPlugin(all));
  };
}

/**
 * Lets `InteractiveBrowserCredential` (with `brokerOptions`) and `DefaultAzureCredential` of `@azure/identity` 4 sign in
 * through the operating system's broker: `useIdentityPlugin(nativeBrokerPlugin)`. In place of the plugin of that name in
 * `@azure/identity-broker`.
 */
export const nativeBrokerPlugin: IdentityPlugin = createNativeBrokerPlugin();

/**
 * Lets `VisualStudioCodeCredential` of `@azure/identity` 4.11 and newer sign in as who signed in to Azure in Visual
 * Studio Code: `useIdentityPlugin(vsCodePlugin)`. With older ones that credential says that it cannot, so that a chain
 * goes on: they look for a refresh token where no extension of Visual Studio Code has put one for years.
 */
export const vsCodePlugin: IdentityPlugin = (context) => {
  const control = (context as PluginContext | undefined)?.vsCodeCredentialControl;
  if (
    typeof control?.setVSCodeAuthRecordPath === "function" &&
    typeof control.setVSCodeBroker === "function"
  ) {
    control.setVSCodeAuthRecordPath(vsCodeRecordPath());
    control.setVSCodeBroker(new TellingBrokerPlugin({ caller: "identity" }));
  } else if (typeof control?.setVsCodeCredentialFinder === "function") {
    control.setVsCodeCredentialFinder(async () => {
      throw new CredentialUnavailableError(
        "VisualStudioCodeCredential signs in through the broker with @azure/identity 4.11 or newer; this one is older. " +
          "Update it: npm install @azure/identity@latest",
      );
    });
  } else throw noControl("vsCodePlugin", "4.11");
};

function noControl(plugin: string, version: string): TypeError {
  return new TypeError(
    `${plugin} needs @azure/identity ${version} or newer: pass it to useIdentityPlugin() of that package.`,
  );
}
