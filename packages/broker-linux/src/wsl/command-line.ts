/**
 * The longest command line Windows takes, in UTF-16 units: 32767 with the terminating NUL (documentation of
 * `CreateProcess`; Microsoft's client refuses longer ones as well, captured).
 */
export const longestCommandLine = 32_766;

/** Arguments of the proxy, in the order Microsoft's client gives them (captured). */
export function proxyArguments(
  method: string,
  protocolVersion: string,
  correlationId: string,
  requestJson: string,
): readonly string[] {
  return [
    "--method",
    method,
    "--bversion",
    protocolVersion,
    "--cid",
    correlationId,
    "--requestJson",
    requestJson,
  ];
}

/**
 * Length of the command line that Windows makes of a program and its arguments, in UTF-16 units: each is quoted by
 * the rules of `CommandLineToArgvW`, so that JSON, with a quotation mark at every name, grows.
 */
export function commandLineLength(file: string, args: readonly string[]): number {
  return [file, ...args].reduce((length, arg) => length + quotedLength(arg) + 1, -1);
}

function quotedLength(arg: string): number {
  if (arg !== "" && !/[\s"]/.test(arg)) return arg.length;
  const escapes = arg.match(/\\*"|\\+$/g) ?? [];
  return escapes.reduce((length, one) => length + one.length, arg.length + 2);
}
