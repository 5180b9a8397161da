// The fake WAM itself, through a client that knows nothing of our addon: what the ABI demands of a component.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { fake, later, logged, never, script, token, work } from "./scripted-wam.js";

const path = join(dirname(process.env["BROKER_FAKE_WAM"] ?? ""), "abi-client.node");
const client = createRequire(path)(path) as {
  probe(name: string, done: (found: Record<string, string>) => void): void;
};
const probe = (name: string) => new Promise<Record<string, string>>((done) => client.probe(name, done));

const ok = "0x00000000";
const noInterface = "0x80004002";
const invalidArgument = "0x80070057";
const pointer = "0x80004003";
const bounds = "0x8000000b";
const illegalMethodCall = "0x8000000e";
const cancelled = "0x800704c7";

describe("the fake WAM", () => {
  it("refuses what the ABI does not allow", async () => {
    script();
    expect(await probe("arguments")).toEqual({
      "FindAccountAsync, no provider": invalidArgument,
      "FindAllAccountsAsync, no provider": invalidArgument,
      "Create, no provider": invalidArgument,
      "CreateWithPromptType, unknown type": invalidArgument,
      "Create, nowhere to": pointer,
      "GetTokenSilentlyAsync, no request": invalidArgument,
      "GetTokenSilentlyAsync, nowhere to": pointer,
      "GetTokenSilentlyWithWebAccountAsync, no account": invalidArgument,
      "RequestTokenForWindowAsync, no window": "0x80070578",
      "RequestTokenForWindowAsync, another operation": noInterface,
      "RequestTokenForWindowAsync, a provider for a request": invalidArgument,
      "GetForWindow, not on an STA": "0x8001010e",
      "GetForWindow, no window": "0x80070578",
    });
  });

  it("keeps to the states of an asynchronous operation", async () => {
    const canceled = later<void>();
    script({
      GetTokenSilentlyAsync: ({ signal }) => {
        signal.addEventListener("abort", () => canceled.resolve());
        return never;
      },
    });
    expect(await probe("states")).toEqual({
      "status before": "0",
      "results before the end": illegalMethodCall,
      "close before the end": "0x8000000d",
      handler: ok,
      "second handler": "0x80000018",
      cancel: ok,
      "second cancel": ok,
      "status after": "2",
      "handler calls": "1",
      "handler status": "2",
      "error after": cancelled,
      "results after": cancelled,
      close: ok,
      "status of a closed one": illegalMethodCall,
    });
    await canceled.promise;
  });

  it("completes late on another thread, or at once on the caller's", async () => {
    script({
      GetTokenSilentlyAsync: async () => {
        await expect.poll(() => logged("async.put_Completed").at(-1)?.["op"]).toBe("GetTokenSilentlyAsync");
        return token;
      },
      FindAccountProviderWithAuthorityAsync: { provider: work, completes: "immediately" },
    });
    expect(await probe("endings")).toEqual({
      results: ok,
      "on the caller's thread": "0",
      "cancel after the end": ok,
      "handler calls": "1",
      "status of one that is over at once": "1",
      "its handler's calls when put_Completed returns": "1",
      "its handler is called on the caller's thread": "1",
    });
  });

  it("has agile objects with their interfaces", async () => {
    script();
    const found = await probe("objects");
    const core = "Windows.Security.Authentication.Web.Core";
    for (const [name, className, interfaces] of [
      ["manager", `${core}.WebAuthenticationCoreManager`, "4"],
      ["provider", "Windows.Security.Credentials.WebAccountProvider", "4"],
      ["account", "Windows.Security.Credentials.WebAccount", "2"],
      ["request", `${core}.WebTokenRequest`, "3"],
    ]) {
      expect(found).toMatchObject({
        [`${name} class`]: className,
        [`${name} interfaces`]: interfaces,
        [`${name} agile`]: ok,
        [`${name} marshal`]: ok,
        [`${name} something else`]: noInterface,
      });
    }
    for (const name of ["provider user", "provider system", "request 2", "request 3"]) {
      expect(found[name], name).toBe(ok);
    }
  });

  it("has maps and lists that know their bounds", async () => {
    script();
    expect(await probe("objects")).toMatchObject({
      insert: ok,
      replaced: "0",
      "replaced then": "1",
      "look up": ok,
      "looked up": "value",
      "look up in vain": bounds,
      "has it": "0",
      remove: ok,
      "remove in vain": bounds,
      left: "0",
      "in the view from before": "1",
      "current of nothing": bounds,
    });
    expect(await probe("lists")).toEqual({
      size: "1",
      item: ok,
      found: "1",
      at: "0",
      "beyond the end": bounds,
      iterable: ok,
      another: "0",
    });
  });

  it("has a pane that belongs to a thread, for clients that take no deferral and hold it weakly, too", async () => {
    script();
    expect(await probe("pane")).toEqual({
      "show before there is a pane": "0x8000ffff",
      "a window of another thread": "0x80070005",
      pane: ok,
      "the same again": "1",
      "pane agile": noInterface,
      "weak reference while it lives": "1",
      "other accounts": ok,
      "other credentials": ok,
      "other commands": ok,
      head: "head",
      "nothing appended": invalidArgument,
      "command of nobody": invalidArgument,
      show: ok,
      ended: "1",
      chosen: "1",
      result: ok,
      "weak reference afterwards": "0",
    });
    expect(logged("pane.commands")).toMatchObject([{ providers: ["organizations"] }]);
  });

  it("keeps nothing that no client holds", async () => {
    script();
    for (const name of ["arguments", "endings", "objects", "lists", "pane"]) await probe(name);
    await expect.poll(() => fake.liveObjects()).toBe(0);
  });

  it("fails operations while nobody scripts it, or when the script throws", async () => {
    const unexpected = "0x8000ffff";
    const failed = { call: ok, "handler status": "3", error: unexpected, results: unexpected };
    expect(await probe("failure")).toEqual(failed);
    const mistake = new Error("the script is wrong");
    fake.start(() => {
      throw mistake;
    });
    expect(await probe("failure")).toEqual(failed);
    fake.start(() => Promise.reject(mistake));
    expect(await probe("failure")).toEqual(failed);
    expect(fake.handlerErrors).toEqual([mistake]);
    fake.stop();
  });
});
