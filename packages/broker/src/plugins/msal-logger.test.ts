import { describe, expect, it } from "vitest";
import { ada, FakeBroker, failure, scope, tenantA } from "../testing/fake-broker.js";
import { MsalLogger } from "./msal-logger.js";
import { NativeBrokerPlugin } from "./native-broker-plugin.js";

type Line = readonly [level: number, message: string, containsPii: boolean];

function listen() {
  const lines: Line[] = [];
  return { lines, loggerCallback: (...line: [number, string, boolean]) => void lines.push(line) };
}

const request = {
  clientId: "my-app",
  authority: `https://login.microsoftonline.com/${tenantA}`,
  correlationId: "6a0b3ec6-46a1-4dbd-a0e1-0d2a4e1c9f10",
  scopes: [scope],
};

describe("an app's logger", () => {
  it("hears of each call, in the form of msal-node's own messages", async () => {
    const { lines, loggerCallback } = listen();
    const plugin = new NativeBrokerPlugin({ broker: new FakeBroker() });
    plugin.setLogger({ loggerCallback, logLevel: 3 });
    await plugin.acquireTokenSilent(request);
    expect(lines).toEqual([
      [
        3,
        expect.stringMatching(
          /^\[.* GMT\] : \[6a0b3ec6-.*\] : @x\/broker@[\d.]+ : Verbose - NativeBrokerPlugin - acquireTokenSilent called$/,
        ),
        false,
      ],
    ]);
  });

  it("is that of its own plugin", async () => {
    const [first, second] = [listen(), listen()];
    const plugins = [first, second].map(({ loggerCallback }) => {
      const plugin = new NativeBrokerPlugin({ broker: new FakeBroker() });
      plugin.setLogger({ loggerCallback, logLevel: 3 });
      return plugin;
    });
    await plugins[0]?.acquireTokenSilent(request);
    expect([first.lines.length, second.lines.length]).toEqual([1, 0]);
  });

  it("hears of warnings at the default level, and of no details", async () => {
    const { lines, loggerCallback } = listen();
    const broker = new FakeBroker();
    broker.onSilent = () => {
      throw failure("no_network");
    };
    const plugin = new NativeBrokerPlugin({ broker });
    plugin.setLogger({ loggerCallback });
    await plugin.acquireTokenSilent(request).catch(() => {});
    expect(lines.map(([level]) => level)).toEqual([1]);
    expect(lines[0]?.[1]).toContain(
      "Warning - NativeBrokerPlugin - acquireTokenSilent failed: BrokerError: The fake broker says no_network.",
    );
  });

  it("may throw, or be missing", async () => {
    const plugin = new NativeBrokerPlugin({ broker: new FakeBroker() });
    const loggerCallback = () => {
      throw new Error("A bad logger.");
    };
    plugin.setLogger({ loggerCallback, logLevel: 4 });
    await plugin.acquireTokenSilent(request);
    plugin.setLogger(undefined as never);
    await plugin.acquireTokenSilent(request);
  });
});

describe("secrets", () => {
  const text = `Token eyJhbGciOiJub25lIn0.eyJmYWtlIjp0cnVlfQ.sig of ${ada.username}.`;

  it("are in no message, and accounts are not in those of other apps", () => {
    const { lines, loggerCallback } = listen();
    new MsalLogger({ loggerCallback }).forCall("c").info(text);
    expect(lines[0]?.[1]).toMatch(/Info - Token \[token\] of \[user\]\.?$/);
    expect(lines[0]?.[2]).toBe(false);
  });

  it("accounts are named, and marked as personal, where the app wants that", () => {
    const { lines, loggerCallback } = listen();
    const logger = new MsalLogger({ loggerCallback, piiLoggingEnabled: true }).forCall("c");
    expect(logger.includePersonalData).toBe(true);
    logger.info(text);
    logger.info("Nothing personal.");
    expect(lines[0]?.[1]).toContain(`Token [token] of ${ada.username}`);
    expect(lines.map(([, , containsPii]) => containsPii)).toEqual([true, false]);
  });
});
