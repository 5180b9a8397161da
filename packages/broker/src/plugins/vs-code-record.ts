/**
 * The folder of the Azure Resources extension of Visual Studio Code, and the file in it that names who signed in to
 * Azure there. Both are those that Python's `azure.identity` reads; so are the two spellings of the folder above.
 */
const recordPath = ["ms-azuretools.vscode-azureresourcegroups", "authRecord.json"] as const;
const folders = [".azure", ".Azure"] as const;

/** Where Visual Studio Code writes who signed in to Azure there, whether or not somebody has. */
export function vsCodeRecordPath(): string {
  const { homedir } = process.getBuiltinModule("node:os");
  const { join } = process.getBuiltinModule("node:path");
  const { existsSync } = process.getBuiltinModule("node:fs");
  const paths = folders.map((folder) => join(homedir(), folder, ...recordPath));
  return paths.find((path) => existsSync(path)) ?? join(homedir(), folders[0], ...recordPath);
}
