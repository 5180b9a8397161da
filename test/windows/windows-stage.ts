import { createRequire } from "node:module";
import { createWamDoor, type EmulatedTenant, type WamDoor, type WamDoorOptions } from "@x/broker-emulator";
import {
  createWindowsBroker,
  type NativeBinding,
  type NativeSession,
  type WindowsBroker,
} from "@x/broker-win";
import { load } from "../../packages/broker-win/native-binding.cjs";
import {
  type FakeWam,
  loadFakeWam,
  type WamAnswer,
  type WamCall,
  type WamSettings,
} from "../doubles/wam/fake-wam.js";

/** The shipped package in a Windows process, and the fake WAM in the same process that answers from the tenant. */
export interface WindowsStage {
  readonly broker: WindowsBroker;
  readonly door: WamDoor;
  readonly wam: FakeWam;
  /** Answers in the door's place where it returns anything. */
  intercept: ((call: WamCall) => WamAnswer | Promise<WamAnswer> | undefined) | undefined;
  /** Starts the fake anew, as another Windows. */
  restart(settings?: WamSettings): void;
  stop(): Promise<void>;
}

/** A process of the user's own, on their desktop. Wine says that every process is elevated. */
export const usualSession: NativeSession = {
  sessionId: 1,
  integrityLevel: 0x2000,
  elevated: false,
  visibleStation: true,
  stationName: "WinSta0",
};

export function startWindowsStage(
  tenant: EmulatedTenant,
  { session = usualSession, ...options }: WamDoorOptions & { readonly session?: NativeSession } = {},
): WindowsStage {
  const door = createWamDoor(tenant, options);
  const wam = loadFakeWam();
  const broker = createWindowsBroker({ readSession: () => session, loadBinding: loadAddonUnderTest });
  const stage: WindowsStage = {
    broker,
    door,
    wam,
    intercept: undefined,
    restart: (settings = {}) => wam.start((call) => stage.intercept?.(call) ?? door.answer(call), settings),
    async stop() {
      await broker.close?.();
      wam.stop();
    },
  };
  stage.restart();
  return stage;
}

/** The shipped addon, unless `BROKER_WIN_ADDON` names another build of it. */
export function loadAddonUnderTest(): NativeBinding {
  const file = process.env["BROKER_WIN_ADDON"];
  return (file === undefined ? load() : createRequire(file)(file)) as NativeBinding;
}
