import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { packageVersion } from "../version.js";
import { type AccountFlags, accountsCommand, signOutCommand } from "./account-commands.js";
import type { CliIo } from "./cli-io.js";
import type { DoctorFlags } from "./doctor-checks.js";
import { doctorCommand } from "./doctor-command.js";
import { exitCodeOf, exitCodes, exitCodesHelp, UsageError } from "./exit-codes.js";
import { type AskedFor, describeError } from "./report-error.js";
import { type TokenFlags, tokenCommand } from "./token-command.js";

/** Runs `broker` with these arguments (without the program's own name) and gives its exit code. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const json = argv.includes("--json");
  let exitCode: number = exitCodes.ok;
  let asked: AskedFor = { json, silent: false, timeout: false };
  const program = createProgram(io, json, {
    setExitCode: (code) => {
      exitCode = code;
    },
    noteFlags: ({ silent }) => {
      asked = { json, silent: silent === true, timeout: true };
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
  noteFlags(flags: TokenFlags): void;
}

const environmentHelp = `
Environment:
  X_BROKER_TRANSPORT  on Linux, which broker to ask: dbus (of this session), wsl (of Windows, from within WSL),
                      or auto (the default: of Windows where WSL can reach it)`;

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
    .option(
      "--client-id <id>",
      "application (client) id to check for (default: the Azure developer sign-on app)",
    )
    .option("--show-accounts", "name the accounts instead of counting them")
    .option("--json", "print one JSON object")
    .action(async (flags: DoctorFlags) => setExitCode(await doctorCommand(flags, io)));

  program
    .command("token")
    .description("print an access token, and nothing else, on standard output")
    .addOption(
      new Option(
        "--scope <scope...>",
        "scopes of one resource, e.g. https://storage.azure.com/.default",
      ).makeOptionMandatory(),
    )
    .option("--tenant <id>", "tenant id or domain")
    .option("--client-id <id>", "application (client) id (default: the Azure developer sign-on app)")
    .addOption(
      new Option(
        "--account <account>",
        "use this account only: a user name or home account id that npx @x/broker accounts lists",
      ).conflicts("loginHint"),
    )
    .option("--login-hint <name>", "start with this user name")
    .option("--claims <json>", "claims of a claims challenge, as JSON text")
    .option("--silent", "never open a sign-in window")
    .option(
      "--timeout <seconds>",
      "the longest it may take, your part included; 0 for no limit",
      readSeconds,
      300,
    )
    .option("--json", "print a JSON object with accessToken, tokenType and expiresOn")
    .action((flags: TokenFlags) => {
      noteFlags(flags);
      return tokenCommand(flags, io);
    });

  program
    .command("accounts")
    .description("list the accounts the broker knows")
    .option(
      "--client-id <id>",
      "application (client) id that asks (default: the Azure developer sign-on app)",
    )
    .option("--json", "print a JSON array")
    .action((flags: AccountFlags) => accountsCommand(flags, io));

  program
    .command("sign-out")
    .description("sign an account out of an app, where the broker lets an app do that")
    .argument("<account>", "user name or home account id, as npx @x/broker accounts lists it")
    .option(
      "--client-id <id>",
      "application (client) id to sign out of (default: the Azure developer sign-on app)",
    )
    .option("--json", "print a JSON object")
    .action((account: string, flags: AccountFlags) => signOutCommand(account, flags, io));

  return program;
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === "" || !(seconds >= 0 && seconds <= 2_000_000))
    throw new InvalidArgumentError("Expected a number of seconds between 0 and 2000000.");
  return seconds;
}
