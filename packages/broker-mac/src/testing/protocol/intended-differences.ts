/** One difference on purpose between our requests and those of Microsoft's client. */
export interface IntendedDifference {
  /** Name of the option that differs. */
  readonly option: string;
  /** Whether we send it and the logged client did not, the other way round, or with another value. */
  readonly kind: "added" | "left out" | "other value";
  readonly reason: string;
}

const newer = "The client whose requests were logged is old: the current one always sends it.";

/** Every option that may differ from a logged request. Whatever is not in here must be equal. */
export const intendedDifferences: readonly IntendedDifference[] = [
  {
    option: "client_app_name",
    kind: "left out",
    reason: "Name of an app bundle: a Node.js program has none, and the extension does not ask for it.",
  },
  {
    option: "client_app_version",
    kind: "left out",
    reason: "Version of an app bundle, as above.",
  },
  {
    option: "client_version",
    kind: "other value",
    reason: "This package's version: it does not pass itself off as Microsoft's client.",
  },
  {
    option: "client_sku",
    kind: "added",
    reason: "Names this package. The current client of Microsoft names itself here, too.",
  },
  {
    option: "x-client-xtra-sku",
    kind: "added",
    reason: "Names this package and its version in the tenant's telemetry, as on the other platforms.",
  },
  { option: "force_refresh", kind: "added", reason: newer },
  { option: "skip_validate_result_account", kind: "added", reason: newer },
  { option: "request_sent_timestamp", kind: "added", reason: newer },
];
