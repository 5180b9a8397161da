/**
 * Node's file system, when it is first needed. An `import` of `node:fs` in an ES module also loads what nobody here
 * uses (its promises, and streams for them): a millisecond and a megabyte that every app would pay at its start.
 */
export const files = {
  exists: (path: string): boolean => fs().existsSync(path),
  readText: (path: string): string => fs().readFileSync(path, "latin1"),
  readLink: (path: string): string => fs().readlinkSync(path),
};

const fs = () => process.getBuiltinModule("node:fs");
