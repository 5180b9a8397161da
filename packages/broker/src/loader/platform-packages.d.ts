// The platform packages are optional: on another OS they are not installed, and the core has to compile there too.
declare module "@x/broker-linux" {
  export function createLinuxBroker(): import("@x/broker-contract").Broker;
}
