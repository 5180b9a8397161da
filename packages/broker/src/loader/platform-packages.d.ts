// The platform packages are optional: on another OS they are not installed, and the core has to compile there too.
declare module "@x/broker-linux" {
  export function createLinuxBroker(options?: {
    readonly env?: Readonly<Record<string, string | undefined>>;
  }): import("@x/broker-contract").Broker;
  /** Tries to load the native addon. Never throws. */
  export function describeNativeBinding():
    | { readonly loaded: true }
    | { readonly loaded: false; readonly error: import("@x/broker-contract").BrokerError };
}

declare module "@x/broker-win" {
  export function createWindowsBroker(): import("@x/broker-contract").Broker;
  /** Tries to load the native addon. Never throws. */
  export function describeNativeBinding():
    | { readonly loaded: true }
    | { readonly loaded: false; readonly error: import("@x/broker-contract").BrokerError };
}

declare module "@x/broker-mac" {
  export function createMacBroker(): import("@x/broker-contract").Broker;
  /** Tries to load the native addon. Never throws. */
  export function describeNativeBinding():
    | { readonly loaded: true }
    | { readonly loaded: false; readonly error: import("@x/broker-contract").BrokerError };
}
