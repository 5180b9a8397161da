import { describe, expect, it } from "vitest";
import { EmulatedUser, type UserAction } from "./emulated-user.js";

const dialog = { clientId: "c", correlationId: "i", username: undefined, prompt: undefined };
const forever = new AbortController().signal;

describe("EmulatedUser", () => {
  it("acts as scripted, however the script was filled, then as usual", async () => {
    const user = new EmulatedUser();
    user.script = [{ kind: "cancels" }];
    user.script.push({ kind: "signs_in", as: "ada@contoso.example" });
    user.script.unshift({ kind: "signs_in", delayInMs: 0 });
    expect(user.script).toHaveLength(3);
    const acts = [];
    while (user.isScripted) acts.push(await user.face(dialog, forever));
    expect(acts).toEqual([
      { kind: "signs_in", delayInMs: 0 },
      { kind: "cancels" },
      { kind: "signs_in", as: "ada@contoso.example" },
    ]);
    expect(user.script).toEqual([]);
    expect(await user.face(dialog, forever)).toEqual({ kind: "signs_in" });
  });

  it.each<[unknown, string]>([
    ["cancels", 'must be an object such as { kind: "cancels" }, got a string.'],
    [undefined, "must be an object such as"],
    [{ kind: "sings" }, '.kind` must be one of signs_in, cancels, never_acts, got "sings".'],
    [{ kind: "cancels", as: "ada@contoso.example" }, 'unknown property "as"; it can have kind, delayInMs.'],
    [{ kind: "signs_in", as: "ada" }, ".as` must be a user principal name"],
    [{ kind: "signs_in", delayInMs: "1" }, ".delayInMs` must be a number of milliseconds"],
  ])("does not do %j, and says so at once", (action, message) => {
    const user = new EmulatedUser();
    const wrong = action as UserAction;
    for (const arrange of [
      () => user.script.push(wrong),
      () => {
        user.script = [{ kind: "signs_in" }, wrong];
      },
      () => {
        user.otherwise = wrong;
      },
    ]) {
      expect(arrange).toThrow(TypeError);
      expect(arrange).toThrow(message);
    }
    expect(user.isScripted).toBe(false);
  });

  it("takes no word for a script", () => {
    const user = new EmulatedUser();
    expect(() => {
      user.script = "cancels" as unknown as UserAction[];
    }).toThrow("EmulatedUser: `script` must be an array, got a string.");
  });

  it("has no time machine", () => {
    const user = new EmulatedUser();
    expect(() => user.script.push({ kind: "cancels", delayInMs: -1 })).toThrow(RangeError);
  });
});
