import { Command, CommanderError, Option } from "commander";
import { packageVersion } from "../version.js";
import { type AccountFlags, accountsCommand, signOutCommand } from "./account-commands.js";
import type { CliIo } from "./cli-io.js";
import type { DoctorFlags } from "./doctor-checks.js";
import { doctorCommand } from "./doctor-command.js";
import { exitCodeOf, exitCodes, exitCodesHelp, UsageError } from "./exit-codes.js";
import {
  claimsOption,
  clientIdOption,
  fallbackOption,
  loginHintOption,
  tenantOption,
  timeoutOption,
} from "./flag-values.js";
import type { TimeoutFlag } from "./patience.js";
import { type AskedFor, describeError } from "./report-error.js";
import { type TokenFlags, tokenCommand } from "./token-command.js";

/** Runs `broker` with these arguments (without the program's own name) and gives its exit code. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const json = argv.includes("--json");
  let exitCode: number = exitCodes.ok;
  let asked: AskedFor = { json, silent: false };
  const program = createProgram(io, json, {
    setExitCode: (code) => {
      exitCode = code;
    },
    noteFlags: ({ silent }) => {
      asked = { json, silent: silent === true };
    },
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      io.note(describeError(error, asked));
      return exitCodeOf(error, asked.silent);
    }
    // Help and version end well; all else is a mistake on the command line, which Commander has told people.
    if (error.exitCode === 0) return exitCodes.ok;
    if (json) io.note(describeError(new UsageError(error.message.replace(/^error: /, "")), asked));
    return exitCodes.usage;
  }
}

/** What the commands tell whoever runs them. */
interface Told {
  setExitCode(code: number): void;
  noteFlags(flags: Pick<TokenFlags, "silent">): void;
}

const environmentHelp = `
Environment:
  X_BROKER_TRANSPORT  on Linux, which broker to ask: dbus (of this session), wsl (of Windows, from within WSL),
                      or auto (the default: of Windows where WSL can reach it)
  X_BROKER_DISABLED   1 turns the broker off for this run
  BROWSER             on Linux and macOS, the command that opens a page (--fallback browser)`;

function createProgram(io: CliIo, json: boolean, { setExitCode, noteFlags }: Told): Command {
  const program = new Command("broker")
    .description(
      "Sign in through the operating system's authentication broker, and find out why it does not work.",
    )
    .version(packageVersion)
    .addHelpText("after", exitCodesHelp)
    .addHelpText("after", environmentHelp)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.note(text.trimEnd()),
      outputError: (text, write) => (json ? undefined : write(text)),
    });

  program
    .command("doctor")
    .description("check what signing in needs on this machine, from the ground up")
    .addOption(clientIdOption(" to check for"))
    .option(
      "--deep",
      "on Windows and macOS, also ask what nobody could check on a real system yet: worth reporting",
    )
    .option("--show-accounts", "name the accounts instead of counting them")
    .addOption(timeoutOption("the longest it may take", 120))
    .option("--json", "print one JSON object")
    .action(async (flags: DoctorFlags & TimeoutFlag) => setExitCode(await doctorCommand(flags, io)));

  program
    .command("token")
    .description("print an access token, and nothing else, on standard output")
    .option("--scope <scope...>", "required: scopes of one resource, e.g. https://storage.azure.com/.default")
    .addOption(tenantOption())
    .addOption(clientIdOption())
    .addOption(
      new Option(
        "--account <account>",
        "use this account only: a user name or home account id that npx @x/broker accounts lists",
      ).conflicts("loginHint"),
    )
    .addOption(loginHintOption())
    .addOption(claimsOption())
    .option("--silent", "never open a sign-in window, nor a browser")
    .addOption(fallbackOption())
    .addOption(timeoutOption("the longest it may take, your part included", 300))
    .option(
      "--json",
      "print a JSON object with accessToken, tokenType, expiresOn, and through (what signed you in)",
    )
    .action(({ scope, ...flags }: Omit<TokenFlags, "scope"> & Partial<TokenFlags>, command: Command) => {
      noteFlags(flags);
      // Not left to Commander, which would ask for it before it tells of an option that there is not.
      if (scope === undefined) command.error("error: required option '--scope <scope...>' not specified");
      return tokenCommand({ ...flags, scope }, io);
    });

  program
    .command("accounts")
    .description("list the accounts the broker knows")
    .addOption(clientIdOption(" that asks"))
    .addOption(timeoutOption("the longest it may take", 60))
    .option("--json", "print a JSON array")
    .action((flags: AccountFlags) => accountsCommand(flags, io));

  program
    .command("sign-out")
    .description("sign an account out of an app, where the broker lets an app do that")
    .argument("<account>", "user name or home account id, as npx @x/broker accounts lists it")
    .addOption(clientIdOption(" to sign out of"))
    .addOption(timeoutOption("the longest it may take", 60))
    .option("--json", "print a JSON object")
    .action((account: string, flags: AccountFlags) => signOutCommand(account, flags, io));

  return program;
}
