import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const packages = join(import.meta.dirname, "../../..");

/** Why there is nothing to install, if so. */
export function buildObstacle(...needed: string[]): string | undefined {
  for (const path of ["broker/dist/cjs/cli/main.js", ...needed])
    if (!existsSync(join(packages, path))) return `packages/${path} is not built: run the build script first`;
  return undefined;
}

/** A folder outside the workspace with the built packages in its node_modules, as npm would lay them out. */
export class InstalledCopy {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), "broker-installed-")));

  constructor() {
    for (const name of ["broker", "broker-contract"]) this.#copy(name, ["dist", "package.json"]);
    for (const dependency of ["@azure", "commander"]) this.#link("broker", dependency);
  }

  /** Adds the Linux package; gives its folder. */
  addLinux(): string {
    this.#link("broker-linux", "node-gyp-build");
    return this.#copy("broker-linux", ["dist", "package.json", "native-binding.cjs", "prebuilds"]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #copy(name: string, parts: readonly string[]): string {
    const to = join(this.folder, "node_modules/@x", name);
    for (const part of parts) cpSync(join(packages, name, part), join(to, part), { recursive: true });
    return to;
  }

  #link(ofPackage: string, dependency: string): void {
    mkdirSync(join(this.folder, "node_modules"), { recursive: true });
    symlinkSync(
      realpathSync(join(packages, ofPackage, "node_modules", dependency)),
      join(this.folder, "node_modules", dependency),
    );
  }
}
