import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireBuilt } from "./require-built.js";

const packages = join(import.meta.dirname, "../../..");

/** A folder outside the workspace with the built packages in its node_modules, as npm would lay them out. */
export class InstalledCopy {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), "broker-installed-")));

  constructor() {
    requireBuilt("broker/dist/cjs/index.js");
    for (const name of ["broker", "broker-contract"]) this.#copy(name, ["dist", "package.json"]);
    this.#link("broker", "@azure");
  }

  /** Adds the Linux package; gives its folder. */
  addLinux(): string {
    requireBuilt("broker-linux/dist/cjs/index.js", "broker-linux/prebuilds");
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
