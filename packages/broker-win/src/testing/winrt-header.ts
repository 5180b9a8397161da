import { splitList } from "./winrt-metadata.js";

/** An interface as a C++ header declares it. */
export interface DeclaredInterface {
  readonly name: string;
  /** Names of the template's parameters, or what it is specialised for. */
  readonly templateArgs: readonly string[];
  readonly base: string;
  readonly methods: readonly DeclaredMethod[];
}

export interface DeclaredMethod {
  readonly name: string;
  /** Types, with aliases replaced: `IAsyncOperation<IWebAccount>**`. */
  readonly parameters: readonly string[];
}

export interface DeclaredHeader {
  readonly interfaces: readonly DeclaredInterface[];
  /** Ids by type: `IWebAccount`, `IVectorView<IWebAccount>`. */
  readonly ids: ReadonlyMap<string, string>;
}

/** Reads what native/win/winrt_abi.h, and headers like it, declare. */
export function readHeader(source: string): DeclaredHeader {
  const text = source.replaceAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, "").replaceAll(/\s+/g, " ");
  const aliases = new Map(
    [...text.matchAll(/using (\w+) = ([^;]+);/g)].map(([, name = "", type = ""]) => [name, type.trim()]),
  );
  const resolve = (type: string): string =>
    type
      .replaceAll(/\w+/g, (word) => {
        const alias = aliases.get(word);
        return alias === undefined ? word : resolve(alias);
      })
      .trim();

  const interfaces = [
    ...text.matchAll(/(?:template <([^>]*)> )?struct (\w+)(?:<([^>]*)>)? : (\w+) \{(.*?)\};/g),
  ].map(([, parameters = "", name = "", specialised, base = "", body = ""]) => ({
    name,
    templateArgs: splitList(specialised ?? parameters).map((part) => part.replace("class ", "")),
    base,
    methods: [
      ...body.matchAll(/(?:BROKER_METHOD|virtual HRESULT STDMETHODCALLTYPE) (\w+)\((.*?)\) = 0;/g),
    ].map(([, method = "", list = ""]) => ({
      name: method,
      parameters: splitList(list).map((parameter) => resolve(parameter.replace(/ \w+$/, ""))),
    })),
  }));
  const ids = [...text.matchAll(/GUID kIid<(.*?)> = guid\("([0-9a-f-]{36})"\)/g)].map(
    ([, type = "", id = ""]) => [resolve(type), id] as const,
  );
  return { interfaces, ids: new Map(ids) };
}
