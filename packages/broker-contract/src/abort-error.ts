/** The call was aborted by its `abortSignal`. Tell it by `name`, as with `@azure/abort-controller`. */
export class AbortError extends Error {
  override readonly name = "AbortError";
  /** The aborted call's id. */
  readonly correlationId: string | undefined;

  constructor(
    message = "The operation was aborted.",
    options: { correlationId?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.correlationId = options.correlationId;
  }
}
