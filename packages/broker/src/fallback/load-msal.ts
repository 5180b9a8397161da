/** What the fallback uses of msal-node. */
export type Msal = typeof import("@azure/msal-node");

/** What came of looking for msal-node. */
export type LoadedMsal =
  | { readonly msal: Msal }
  | {
      /** What is in the way, as a sentence. */
      readonly message: string;
      readonly hint: string;
    };

/** Loads msal-node, which an app has that uses `@azure/identity`, and others install if they want the fallback. */
export async function loadMsal(): Promise<LoadedMsal> {
  try {
    return { msal: await import("@azure/msal-node") };
  } catch (cause) {
    const { code } = cause as { readonly code?: unknown };
    const isMissing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
    const text = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
    return {
      message: isMissing
        ? "The fallback signs in with the package @azure/msal-node, which is not installed."
        : `The fallback signs in with the package @azure/msal-node, which did not load: ${text}.`,
      hint: 'For the fallback, install that package beside @x/broker (npm install @azure/msal-node), or do without, with the option fallback set to "none".',
    };
  }
}
