import { beforeEach, expect, it, vi } from "vitest";
import { InteractiveBrowserBrokerCredential } from "../credential/interactive-browser-broker-credential.js";
import { FakeBroker, failure, gate, scope } from "../testing/fake-broker.js";
import { type LoadResult, loadPlatformBroker } from "./load-platform-broker.js";

vi.mock("./load-platform-broker.js", () => ({ loadPlatformBroker: vi.fn() }));
const load = vi.mocked(loadPlatformBroker);
const packageName = "@x/broker-linux";
const notThere: LoadResult = {
  loaded: false,
  packageName,
  error: failure("broker_unavailable", "not_installed"),
  advice: [],
};

beforeEach(() => {
  load.mockReset();
  vi.resetModules();
});

/** The module as a new process has it. */
async function freshModule() {
  return import("./shared-broker.js");
}

it("the platform's broker is loaded once for all who ask", async () => {
  const { sharedPlatformBroker } = await freshModule();
  const broker = new FakeBroker();
  load.mockResolvedValue({ loaded: true, packageName, broker });
  const asked = await Promise.all([sharedPlatformBroker(), sharedPlatformBroker()]);
  expect([...asked, await sharedPlatformBroker()]).toEqual([broker, broker, broker]);
  expect(load).toHaveBeenCalledTimes(1);
});

it("a platform's broker that was not there is looked for again", async () => {
  const { sharedPlatformBroker } = await freshModule();
  const broker = new FakeBroker();
  load.mockResolvedValueOnce(notThere).mockResolvedValueOnce({ loaded: true, packageName, broker });
  await expect(sharedPlatformBroker()).rejects.toMatchObject({ code: "broker_unavailable" });
  expect(await sharedPlatformBroker()).toBe(broker);
});

it("a caller who was aborted does not wait, and asks nothing of a broker that loads later", async () => {
  const loading = gate();
  const broker = new FakeBroker();
  load.mockReturnValue(loading.passed.then(() => ({ loaded: true, packageName, broker })));
  const controller = new AbortController();
  const settings = { useDefaultBrokerAccount: true };
  const call = new InteractiveBrowserBrokerCredential(settings).getToken(scope, {
    abortSignal: controller.signal,
  });
  await expect.poll(() => load.mock.calls.length).toBe(1);
  controller.abort();
  await expect(call).rejects.toMatchObject({ name: "AbortError" });
  loading.open();
  await new Promise((resolve) => setImmediate(resolve));
  expect(broker.calls).toEqual([]);
});
