/** Node's own modules, each loaded when it is first needed; why, see {@link files}. */
export const fs = () => process.getBuiltinModule("node:fs");
export const childProcess = () => process.getBuiltinModule("node:child_process");
export const os = () => process.getBuiltinModule("node:os");

/**
 * Node's file system, when it is first needed. An `import` of `node:fs` in an ES module also loads what nobody here
 * uses (its promises, and streams for them): a millisecond and a megabyte that every app would pay at its start.
 */
export const files = {
  exists: (path: string): boolean => fs().existsSync(path),
  readText: (path: string): string => fs().readFileSync(path, "latin1"),
  readLink: (path: string): string => fs().readlinkSync(path),
};
