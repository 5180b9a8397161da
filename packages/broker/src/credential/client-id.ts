/** Client id of the Azure developer sign-on app (that of the Azure CLI), as in `@azure/identity` and Python. */
export const developerSignOnClientId = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/** Refuses what cannot be an application (client) id. */
export function readClientId(value: unknown, what: string): string {
  if (typeof value !== "string") throw new TypeError(`${what} must be a string, got ${typeof value}.`);
  if (!/^[0-9A-Za-z._-]+$/.test(value))
    throw new TypeError(
      `${what} is not an application (client) id: expected a GUID such as "${developerSignOnClientId}".`,
    );
  return value;
}
