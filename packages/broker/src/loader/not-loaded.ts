import { BrokerError, isBrokerError } from "@x/broker-contract";
import { whatHappened } from "../what-happened.js";
import type { RuntimeEnvironment } from "./environment.js";
import { adviceForAddon, explainLoadFailure, explainUnsupported, loadError } from "./explain.js";
import type { NotLoaded, PlatformPackage } from "./load-platform-broker.js";

/** There is no package for this operating system. */
export function unsupported(environment: RuntimeEnvironment): NotLoaded {
  const explanation = explainUnsupported(environment);
  const error = loadError(explanation, undefined, {}, undefined);
  return { loaded: false, packageName: undefined, error, advice: explanation.advice };
}

/** Says why a package did not load. */
export function notLoaded(
  { packageName, platform }: Pick<PlatformPackage, "packageName" | "platform">,
  cause: unknown,
  environment: RuntimeEnvironment,
): NotLoaded {
  if (isBrokerError(cause))
    return { loaded: false, packageName, ...explained(cause, packageName, environment) };
  const explanation = explainLoadFailure(packageName, cause, environment);
  const error = loadError(explanation, platform, { package: packageName }, cause);
  return { loaded: false, packageName, error, advice: explanation.advice };
}

/** The package itself says what is wrong with it. */
function explained(
  cause: BrokerError,
  packageName: string,
  environment: RuntimeEnvironment,
): { readonly error: BrokerError; readonly advice: readonly string[] } {
  const more = cause.reason === "native_addon_missing" ? adviceForAddon(packageName, environment) : [];
  const advice = [cause.hint, ...more];
  if (more.length === 0) return { error: cause, advice };
  const { code, reason, platform, native } = cause;
  const error = new BrokerError(code, {
    message: whatHappened(cause),
    hint: advice.join(" "),
    native,
    cause,
    ...(reason === undefined ? {} : { reason }),
    ...(platform === undefined ? {} : { platform }),
  });
  return { error, advice };
}
