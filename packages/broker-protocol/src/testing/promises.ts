/** Work that does not end. */
export const never: Promise<never> = new Promise(() => {});

/** What a promise rejects with. Fails if it does not. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new TypeError("It rejected with something that is no error.");
  }
  throw new Error("It did not reject.");
}
