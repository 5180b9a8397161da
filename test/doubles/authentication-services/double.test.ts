import { execFileSync } from "node:child_process";
import { beforeEach, describe, expect, it } from "vitest";
import { doubleFiles, needDouble } from "./double.js";

describe("the double of AuthenticationServices", () => {
  beforeEach((test) => needDouble(test));

  it("does what Apple's reference says", () => {
    const lines = execFileSync(doubleFiles.behaviour, { encoding: "utf8" }).trim().split("\n");
    expect(Object.assign({}, ...lines.map((line) => JSON.parse(line)))).toEqual({
      userInterfaceEnabled: 1,
      authorizationOptions: 0,
      // An answer comes through the main run loop, once.
      answersBeforeTheRunLoop: 0,
      answersInTheRunLoop: 1,
      answersInAll: 1,
      // ASAuthorizationErrorFailed: "some part of the request was invalid".
      errorsInsidePerformRequests: 0,
      errorWithoutRequests: 1004,
      // ASAuthorizationErrorCanceled; an answer after that is lost.
      errorsInsideCancel: 0,
      errorAfterCancel: 1001,
      answersAfterCancel: 1,
      // The delegate is weak, and its methods are optional.
      referencesToTheDelegate: 1,
      delegateAfterItsEnd: 0,
      delegateWasGone: 1,
      callsOfWhatIsNotThere: 0,
      // Nothing but the program keeps the controller.
      abandoned: 1,
      answersToAnAbandonedRequest: 0,
      controllersLeft: 0,
      delegatesLeft: 0,
    });
  });
});
