import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LoopbackListener } from "./loopback-listener.js";
import { loopbackPages } from "./loopback-pages.js";

const authorizeUrl = "https://login.example/authorize?login_hint=ada%40contoso.example&state=s";

let listener: LoopbackListener;
beforeEach(async () => {
  listener = await LoopbackListener.start(loopbackPages({}));
});
afterEach(() => listener.close());

type Fields = [string, string][];

const post = (fields: Fields, path = "/") =>
  fetch(`${listener.redirectUri}${path}`, { method: "POST", body: new URLSearchParams(fields) });

describe("LoopbackListener", () => {
  it("sends the browser to the tenant, from an address that tells nobody whose sign-in it is", async () => {
    const start = listener.startUrlFor(authorizeUrl);
    expect(start).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/start\/[\w-]{32}$/);
    const { status, headers } = await fetch(start, { redirect: "manual" });
    expect({ status, location: headers.get("location") }).toEqual({ status: 302, location: authorizeUrl });
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("takes the first answer with its own state, and shows how it ended", async () => {
    const response = await post([
      ["code", "c"],
      ["state", listener.state],
    ]);
    expect(await response.text()).toContain("You are signed in");
    expect(Object.fromEntries(await listener.answer)).toEqual({ code: "c", state: listener.state });
  });

  it("shows that it went wrong", async () => {
    const response = await post([
      ["error", "access_denied"],
      ["state", listener.state],
    ]);
    expect(await response.text()).toContain("You are not signed in");
    expect((await listener.answer).get("error")).toBe("access_denied");
  });

  it.each<[string, (state: string) => Fields, string]>([
    ["no state", () => [["code", "evil"]], "/"],
    [
      "another state",
      () => [
        ["code", "evil"],
        ["state", "guess"],
      ],
      "/",
    ],
    [
      "the state twice",
      (state) => [
        ["code", "evil"],
        ["state", state],
        ["state", state],
      ],
      "/",
    ],
    [
      "another path",
      (state) => [
        ["code", "evil"],
        ["state", state],
      ],
      "/elsewhere",
    ],
  ])("is not taken in by an answer with %s", async (_what, fields, path) => {
    expect((await post(fields(listener.state), path)).ok).toBe(false);
    await post([
      ["code", "c"],
      ["state", listener.state],
    ]);
    expect((await listener.answer).get("code")).toBe("c");
  });

  it("takes no code from an address, where history would keep it", async () => {
    const url = `${listener.redirectUri}/?code=c&state=${listener.state}`;
    expect((await fetch(url)).status).toBe(404);
  });

  it("is bounded in what it reads", async () => {
    const long: Fields = [
      ["code", "c".repeat(100_000)],
      ["state", listener.state],
    ];
    expect((await post(long)).status).toBe(400);
  });

  it("listens no longer than it has to", async () => {
    const { port } = new URL(listener.redirectUri);
    listener.close();
    const [error] = await once(connect(Number(port), "127.0.0.1"), "error");
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });

  it("ends the connections that a browser opened in advance, which would hold the process up", async () => {
    const inAdvance = connect(Number(new URL(listener.redirectUri).port), "127.0.0.1");
    await once(inAdvance, "connect");
    // Known to the listener by now: what came later was answered.
    await fetch(listener.redirectUri);
    listener.close();
    const [error] = await Promise.race([once(inAdvance, "close"), once(inAdvance, "error")]);
    expect(error === false || (error as NodeJS.ErrnoException).code === "ECONNRESET").toBe(true);
  });

  it("shows the app's own pages", async () => {
    const own = await LoopbackListener.start(loopbackPages({ successMessage: "<p>Welcome</p>" }));
    try {
      const body = new URLSearchParams({ code: "c", state: own.state });
      const response = await fetch(own.redirectUri, { method: "POST", body });
      expect(await response.text()).toBe("<p>Welcome</p>");
      expect(response.headers.get("content-type")).toContain("text/html");
    } finally {
      own.close();
    }
  });
});
