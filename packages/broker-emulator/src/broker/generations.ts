/** The brokers the D-Bus door can be like. */
export const brokerGenerations = ["2.0.1", "2.0.2", "2.5.2", "3.0.2", "himmelblau"] as const;
export type BrokerGeneration = (typeof brokerGenerations)[number];

/**
 * How brokers differ on the wire. From independent clients' sources and the answers of real brokers that their
 * authors published; where nothing is known, the same as the neighbours.
 */
export interface GenerationTraits {
  /** What `getLinuxBrokerVersion` and telemetry say. Says that it is an emulator, and still reads as a version. */
  readonly version: string;
  /** Up to 2.0.1 the broker was a Java program whose D-Bus library answered introspection. */
  readonly introspectable: boolean;
  /** Whether requests must carry account, `ssoUrl` and the matching `authorizationType` in `authParameters`. */
  readonly strictParameters: boolean;
  /** The types that an interactive request may have; a real 3.0.2 took 1 as well. */
  readonly interactiveTypes: readonly number[];
  /** Whether a token answer repeats the account. */
  readonly embedsAccount: boolean;
  readonly cookieShape: "flat" | "items";
  /**
   * `cpp`: numeric tags, no diagnostics. `java`: tag 0 and an exception in `diagnostics`.
   * `himmelblau`: neither tag nor error code.
   */
  readonly errorStyle: "cpp" | "java" | "himmelblau";
}

const cppBroker = {
  introspectable: false,
  strictParameters: true,
  interactiveTypes: [6],
  embedsAccount: false,
  cookieShape: "items",
  errorStyle: "cpp",
} as const;

export const generations: Readonly<Record<BrokerGeneration, GenerationTraits>> = {
  "2.0.1": {
    version: "2.0.1-emulator",
    introspectable: true,
    strictParameters: false,
    interactiveTypes: [],
    embedsAccount: true,
    cookieShape: "flat",
    errorStyle: "java",
  },
  "2.0.2": { ...cppBroker, version: "2.0.2-emulator" },
  "2.5.2": { ...cppBroker, version: "2.5.2-emulator" },
  "3.0.2": { ...cppBroker, version: "3.0.2-emulator", interactiveTypes: [1, 6] },
  himmelblau: {
    version: "4.0.0-emulator",
    introspectable: true,
    strictParameters: false,
    interactiveTypes: [],
    embedsAccount: false,
    cookieShape: "flat",
    errorStyle: "himmelblau",
  },
};

/** Windows' broker behind WSL's proxy: it reads and writes the same JSON. It tells no version of its own. */
export const windowsTraits: GenerationTraits = {
  ...cppBroker,
  version: "wsl-emulator",
  interactiveTypes: [1, 6],
};
