import type { TracingClient } from "@azure/core-tracing";
import { packageVersion } from "../version.js";

let tracing: Promise<TracingClient> | undefined;

/** Spans of this package, named `<class>.<method>`. Loaded with the first call, not with the package. */
export function loadTracing(): Promise<TracingClient> {
  tracing ??= import("@azure/core-tracing").then(({ createTracingClient }) =>
    createTracingClient({ namespace: "Microsoft.AAD", packageName: "@x/broker", packageVersion }),
  );
  return tracing;
}
