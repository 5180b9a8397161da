// The platform packages are optional: on another OS they are not installed, and the core has to compile there too.
declare module "@x/broker-linux" {
  /** Says at once whether there can be a broker. Never throws. */
  export function forecastBroker():
    | { readonly possible: true }
    | { readonly possible: false; readonly error: import("@x/broker-contract").BrokerError };
  export function createLinuxBroker(options?: {
    readonly env?: Readonly<Record<string, string | undefined>>;
  }): import("@x/broker-contract").Broker;
  /** Tries to load the native addon. Never throws. */
  export function describeNativeBinding():
    | { readonly loaded: true }
    | { readonly loaded: false; readonly error: import("@x/broker-contract").BrokerError };
}

declare module "@x/broker-win" {
  /** Says at once whether there can be a broker. Never throws. */
  export const forecastBroker:
    | undefined
    | (() =>
        | { readonly possible: true }
        | { readonly possible: false; readonly error: import("@x/broker-contract").BrokerError });
  export function createWindowsBroker(): import("@x/broker-contract").Broker;
  /** Tries to load the native addon. Never throws. */
  export function describeNativeBinding():
    | { readonly loaded: true }
    | { readonly loaded: false; readonly error: import("@x/broker-contract").BrokerError };
}

declare module "@x/broker-mac" {
  /** Says at once whether there can be a broker. Never throws. */
  export const forecastBroker:
    | undefined
    | (() =>
        | { readonly possible: true }
        | { readonly possible: false; readonly error: import("@x/broker-contract").BrokerError });
  export function createMacBroker(): import("@x/broker-contract").Broker;
  /** Tries to load the native addon. Never throws. */
  export function describeNativeBinding():
    | { readonly loaded: true }
    | { readonly loaded: false; readonly error: import("@x/broker-contract").BrokerError };
}
