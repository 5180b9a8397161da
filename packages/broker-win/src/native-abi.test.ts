import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type DeclaredInterface, readHeader } from "./testing/winrt-header.js";
import {
  genericId,
  type MetadataMethod,
  type MetadataType,
  readMetadata,
  readTypeUse,
  type TypeUse,
} from "./testing/winrt-metadata.js";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const dump = read("../test-data/winrt-metadata.txt");
const types = readMetadata(dump);
const ours = readHeader(read("../../../native/win/winrt_abi.h"));
const extra = readHeader(read("../../../test/doubles/wam/native/extra_abi.h"));

/**
 * What no metadata describes: COM itself, and the interfaces for programs with window handles, which the Windows SDK
 * declares in unknwn.h, inspectable.h, activation.h, objidl.h, weakreference.h, webauthenticationcoremanagerinterop.h
 * and accountssettingspaneinterop.h.
 */
const fromTheSdk = new Map([
  ["IUnknown", { id: "00000000-0000-0000-c000-000000000046", methods: [] }],
  ["IInspectable", { id: "af86e2e0-b12d-4c6a-9c5a-d7aa65101e90", methods: [] }],
  ["IActivationFactory", { id: "00000035-0000-0000-c000-000000000046", methods: [] }],
  ["IAgileObject", { id: "94ea2b94-e9cc-49e0-c0ff-ee64ca8f5b90", methods: [] }],
  ["IWeakReference", { id: "00000037-0000-0000-c000-000000000046", methods: ["Resolve(REFIID, void**)"] }],
  [
    "IWeakReferenceSource",
    { id: "00000038-0000-0000-c000-000000000046", methods: ["GetWeakReference(IWeakReference**)"] },
  ],
  [
    "IWebAuthenticationCoreManagerInterop",
    {
      id: "f4b8e804-811e-4436-b69c-44cb67b72084",
      methods: [
        "RequestTokenForWindowAsync(HWND, IInspectable*, REFIID, void**)",
        "RequestTokenWithWebAccountForWindowAsync(HWND, IInspectable*, IInspectable*, REFIID, void**)",
      ],
    },
  ],
  [
    "IAccountsSettingsPaneInterop",
    {
      id: "d3ee12ad-3865-4362-9746-b75a682df0e6",
      methods: [
        "GetForWindow(HWND, REFIID, void**)",
        "ShowManageAccountsForWindowAsync(HWND, REFIID, void**)",
        "ShowAddAccountForWindowAsync(HWND, REFIID, void**)",
      ],
    },
  ],
]);

/** Lists of what the fake offers none of: only their ids matter. */
const inEmptyLists = ["IWebAccountCommand", "ICredentialCommand", "ISettingsCommand"];

const simpleName = (fullName: string) => (fullName.split(".").at(-1) ?? "").replace(/`\d$/, "");
const inMetadata = (name: string): MetadataType | undefined =>
  [...types.values()].find((type) => simpleName(type.fullName) === name && type.iid !== undefined);

/** A type of the metadata in C++, for a parameter that is passed in. */
function inCpp(use: TypeUse, templateArgs: readonly string[]): string {
  const parameter = /^T(\d)$/.exec(use.name);
  if (parameter !== null) {
    const argument = templateArgs[Number(parameter[1])] ?? "";
    return argument === "HSTRING" ? argument : `${argument}*`;
  }
  if (use.args.length > 0) return `${generic(use, templateArgs)}*`;
  const plain: Record<string, string> = {
    "Windows.Foundation.AsyncStatus": "AsyncStatus",
    "Windows.Foundation.EventRegistrationToken": "EventRegistrationToken",
    "Windows.Foundation.HResult": "HRESULT",
  };
  const type = types.get(use.name);
  if (plain[use.name] !== undefined) return plain[use.name] ?? "";
  if (type?.isEnum === true) return "INT32";
  if (type !== undefined) return `${simpleName(type.defaultInterface ?? type.fullName)}*`;
  // Of another part of Windows: nothing the addon touches.
  return use.name.includes(".") || use.name === "IInspectable" ? "IInspectable*" : use.name;
}

function generic(use: TypeUse, templateArgs: readonly string[]): string {
  const args = use.args.map((arg) => inCpp(arg, templateArgs).replace(/\*$/, ""));
  return `${simpleName(use.name)}<${args.join(", ")}>`;
}

/** The parameters that a method of the metadata has in C++: arrays are a length and values, a result comes last. */
function expectedParameters(method: MetadataMethod, templateArgs: readonly string[]): string[] {
  const parameters = method.parameters.flatMap((parameter) => {
    const type = inCpp(readTypeUse(parameter.replace(/&$|\[\]$/, "")), templateArgs);
    if (parameter.endsWith("[]")) return ["UINT32", `${type}*`];
    return [parameter.endsWith("&") ? `${type}*` : type];
  });
  return method.result === "void"
    ? parameters
    : [...parameters, `${inCpp(readTypeUse(method.result), templateArgs)}*`];
}

/** A specialisation names itself without its arguments, and lists of what is not used are `IInspectable`. */
function sameType(declared: string, expected: string, { name, templateArgs }: DeclaredInterface): boolean {
  const itself = declared.replace(new RegExp(`^${name}(?=\\*)`), `${name}<${templateArgs.join(", ")}>`);
  const stars = expected.replace(/[^*]/g, "");
  return declared === expected || itself === expected || declared === `IInspectable${stars}`;
}

const declared = [...ours.interfaces, ...extra.interfaces].filter(({ name }) => !inEmptyLists.includes(name));

describe("the interfaces declared by hand", () => {
  it("are all read", () => {
    expect(ours.interfaces.length).toBeGreaterThan(35);
    expect(ours.ids.size).toBeGreaterThan(45);
  });

  it.each(declared.map((one) => [one.name, one] as const))("%s has its methods in order", (name, one) => {
    const written = one.methods.map(({ name: method, parameters }) => `${method}(${parameters.join(", ")})`);
    const sdk = fromTheSdk.get(name);
    if (sdk !== undefined) {
      expect(written).toEqual(sdk.methods);
      return;
    }
    const type = inMetadata(name);
    if (type === undefined) throw new Error(`${name} is not in the metadata.`);
    // IUnknown has three methods, IInspectable three more.
    expect(type.methods[0]?.slot).toBe(one.base === "IInspectable" ? 6 : 3);
    expect(one.methods.map((method) => method.name)).toEqual(type.methods.map((method) => method.name));
    for (const [index, method] of type.methods.entries()) {
      const actual = one.methods[index]?.parameters ?? [];
      const expected = expectedParameters(method, one.templateArgs);
      const differs =
        actual.length !== expected.length ||
        actual.some((parameter, i) => !sameType(parameter, expected[i] ?? "", one));
      expect(differs ? actual : expected, `${name}.${method.name}`).toEqual(expected);
    }
  });
});

describe("the interface ids", () => {
  /** What a type in C++ is made of, in the metadata's names. */
  function inMetadataTerms(type: string): TypeUse {
    const { name, args } = readTypeUse(type);
    if (name === "HSTRING") return { name, args: [] };
    const found = inMetadata(name);
    const fullName = found?.fullName ?? name;
    // Lists are of classes, which go by their default interfaces in C++.
    const owner = [...types.values()].find(({ defaultInterface }) => defaultInterface === fullName);
    return {
      name: args.length > 0 ? fullName : (owner?.fullName ?? fullName),
      args: args.map((arg) => inMetadataTerms(cppName(arg))),
    };
  }
  const cppName = ({ name, args }: TypeUse): string =>
    args.length === 0 ? name : `${name}<${args.map(cppName).join(", ")}>`;

  it.each([...ours.ids, ...extra.ids])("%s is %s", (type, id) => {
    const sdk = fromTheSdk.get(type);
    if (sdk !== undefined) {
      expect(id).toBe(sdk.id);
    } else if (/I(Credential|Settings)Command/.test(type)) {
      // The dump has no more of these classes than the ids of their lists.
      expect(dump).toContain(
        `{${id}}  Foundation.Collections.${type.replace("<I", "<UI.ApplicationSettings.")}`,
      );
    } else if (type.includes("<")) {
      expect(id).toBe(genericId(types, inMetadataTerms(type)));
    } else {
      expect(id).toBe(inMetadata(type)?.iid);
    }
  });

  it("are declared for every interface", () => {
    const ids = new Set([...ours.ids.keys(), ...extra.ids.keys()].map((type) => readTypeUse(type).name));
    expect(declared.map(({ name }) => name).filter((name) => !ids.has(name))).toEqual([]);
  });
});
