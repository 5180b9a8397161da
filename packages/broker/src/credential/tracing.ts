import { createTracingClient, type TracingClient } from "@azure/core-tracing";
import { packageVersion } from "../version.js";

/** Spans of this package, named `<class>.<method>`. */
export const tracing: TracingClient = createTracingClient({
  namespace: "Microsoft.AAD",
  packageName: "@x/broker",
  packageVersion,
});
