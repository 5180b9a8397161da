/**
 * AuthenticationServices and AppKit as a test double on GNUstep, and the single sign-on extension behind it, played by
 * JavaScript in the same process.
 *
 * The addon under test is the shipping one, built against the double's headers. What the double is faithful in: a
 * request reaches the extension later, never inside `performRequests`; answers come on the main run loop, which
 * somebody must serve, or on another thread; the delegate is weak and called at most once for each request, unless
 * told otherwise; `cancel` ends in `ASAuthorizationErrorCanceled`; user interface is allowed by default; AppKit is not
 * running.
 */
import { createRequire } from "node:module";
import type { NativeBinding } from "../../../packages/broker-mac/src/native.js";
import { doubleFiles, whyNoDouble } from "./double-files.mjs";

export { doubleFiles, whyNoDouble };

/** A request as the extension gets it. */
export interface ExtensionRequest {
  /** Counts from 1 since `reset`. */
  readonly id: number;
  readonly identityProviderUrl: string;
  readonly operation: string;
  /** The query items in their order. */
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly userInterfaceEnabled: boolean;
  /** Whether a presentation context provider was set. */
  readonly hasPresentationContext: boolean;
  /** Address of the `NSWindow` that the provider named, if it named one. */
  readonly anchorWindow?: bigint;
  /** Whether `performRequests` was called on the main thread. */
  readonly isOnMainThread: boolean;
  /** Answers, now or later; not to answer is an answer too. Answers to a cancelled request are lost. */
  answer(answer: ExtensionAnswer, options?: AnswerOptions): void;
}

/**
 * Success with header fields, failure with an `NSError`, a credential of another class, one without a response, or one
 * that raises an exception when it is read.
 */
export type ExtensionAnswer =
  | {
      readonly headers: Readonly<Record<string, string>>;
      /** Default 200. */
      readonly status?: number;
      /** Default `https://login.microsoftonline.com/common`; `null` for none. */
      readonly url?: string | null;
    }
  | { readonly error: ExtensionError }
  | { readonly credential: "other" | "empty" | "broken" };

export interface ExtensionError {
  readonly domain: string;
  readonly code: number;
  /** Any JSON, and `{ "$url": text }`, `{ "$data": text }` for objects of the classes NSURL and NSData. */
  readonly userInfo?: Readonly<Record<string, unknown>>;
  /** Under `NSUnderlyingErrorKey`. */
  readonly underlying?: ExtensionError;
  /** Under `NSMultipleUnderlyingErrorsKey`. */
  readonly allUnderlying?: readonly ExtensionError[];
}

export interface AnswerOptions {
  /** Where the delegate is called: on the main run loop when it is served (default), or on a thread of its own. */
  readonly thread?: "main" | "other";
  /** How often the delegate is called, against Apple's promise. Default 1. */
  readonly times?: number;
}

/** What became of a request. */
export interface RequestFacts {
  readonly id: number;
  /** `abandoned`: the controller was deallocated before an answer. */
  readonly state: "pending" | "answered" | "canceled" | "abandoned";
  /** How often the delegate was called, and whether the last time on the main thread. */
  readonly delegateCalls: number;
  readonly wasCalledOnMainThread: boolean;
  /** Whether an answer found no delegate. */
  readonly wasDelegateGone: boolean;
}

export interface ExtensionDouble {
  /** Plays the extension: called on the event loop of who sets it, with each request. None: never answers. */
  onRequest(listener: ((request: ExtensionRequest) => void) | undefined): void;
  /** Answers the next requests at once, inside `performRequests`; `onRequest` does not hear of them. */
  answerInsidePerform(answer: ExtensionAnswer | undefined): void;
  /** `canPerformAuthorization`. Default `true`; `undefined`: not answered until something is set. */
  setCanPerform(value: boolean | undefined): void;
  /** An `NSApp` that runs, that does not (`false`), or none (`undefined`, the default). */
  setApplicationRunning(value: boolean | undefined): void;
  /** Who this process is. Default: nothing is known, as of a plain unsigned executable. */
  setCaller(caller: { bundleIdentifier?: string; signingIdentifier?: string; teamIdentifier?: string }): void;
  /** Raises an exception of this name inside the next `performRequests` or `canPerformAuthorization`. */
  raiseNext(exceptionName: string): void;
  /** An `NSView` in an `NSWindow`; lives until `closeWindows` or `reset`. */
  createView(): { readonly view: bigint; readonly window: bigint };
  /** Lets go of all views and windows, as an app does that closes them. */
  closeWindows(): void;
  /** What became of the requests since `reset`, in their order, and what lives, set free by now or not. */
  facts(): {
    readonly requests: readonly RequestFacts[];
    readonly liveControllers: number;
    readonly liveDelegates: number;
    /** Windows deallocated on another thread than the main one, against AppKit's rules. */
    readonly windowsFreedElsewhere: number;
  };
  /** Everything as at the beginning. Pending requests are never answered. */
  reset(): void;
}

/** A build against the double: the addon of @x/broker-mac and the addon that scripts the extension. */
export interface DoubleBuild {
  readonly extension: ExtensionDouble;
  readonly loadBinding: () => NativeBinding;
}

interface SkippableTest {
  skip(note: string): never;
}

/** Skips a test where there is no double, with the reason. */
export function needDouble(test: SkippableTest): void {
  const reason = whyNoDouble();
  if (reason !== undefined) skipUnlessCi(test, reason);
}

/** Skips a test with a reason. Under CI, on Linux, it is an error: there everything is to be tested. */
export function skipUnlessCi(test: SkippableTest, reason: string): never {
  if (process.env["CI"] === "true" && process.platform === "linux") throw new Error(reason);
  return test.skip(reason);
}

/** Loads the build into this process. */
export function loadDouble(): DoubleBuild {
  const require = createRequire(import.meta.url);
  return {
    extension: require(doubleFiles.extension) as ExtensionDouble,
    loadBinding: () => require(doubleFiles.binding) as NativeBinding,
  };
}
