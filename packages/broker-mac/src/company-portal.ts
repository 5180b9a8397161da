import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";
import { oldestCompanyPortal } from "./protocol.js";

/** What is there of Microsoft's Company Portal, which brings the SSO extension. */
export interface CompanyPortal {
  readonly installed: boolean;
  /** E.g. `5.2603.1`; absent where it cannot be read. */
  readonly version?: string;
  /** When it was installed or updated, in milliseconds since the epoch. */
  readonly changedAt?: number;
}

/** Where to look. */
interface Places {
  readonly infoFile: string;
  /** macOS' own reader of property lists, which may be XML or binary. */
  readonly plutil: string;
}

const installedPlaces: Places = {
  infoFile: "/Applications/Company Portal.app/Contents/Info.plist",
  plutil: "/usr/bin/plutil",
};

/** Looks at the installed app. Never rejects: what cannot be read is left out. */
export async function readCompanyPortal(places: Places = installedPlaces): Promise<CompanyPortal> {
  const { infoFile, plutil } = places;
  let changedAt: number;
  try {
    changedAt = (await stat(infoFile)).ctimeMs;
  } catch {
    return { installed: false };
  }
  try {
    const { stdout } = await promisify(execFile)(
      plutil,
      ["-extract", "CFBundleShortVersionString", "raw", "-o", "-", infoFile],
      { timeout: 5_000 },
    );
    const version = /^\d[\d.]{0,49}$/.exec(stdout.trim())?.[0];
    return { installed: true, changedAt, ...(version !== undefined && { version }) };
  } catch {
    return { installed: true, changedAt };
  }
}

/** The same at once, without the version, which takes a program to read. Never throws. */
export function glanceAtCompanyPortal({
  infoFile,
}: Pick<Places, "infoFile"> = installedPlaces): CompanyPortal {
  try {
    return { installed: true, changedAt: statSync(infoFile).ctimeMs };
  } catch {
    return { installed: false };
  }
}

/** Whether it is one that refuses signed programs which are no app bundles; `false` where its version is unknown. */
export function isTooOld({ version }: CompanyPortal): boolean {
  return version !== undefined && compareVersions(version, oldestCompanyPortal) < 0;
}

function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((text) => text.split(".").map(Number));
  for (let place = 0; place < Math.max(a?.length ?? 0, b?.length ?? 0); place++) {
    const difference = (a?.[place] ?? 0) - (b?.[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
