import { type CallFacts, type JsonObject, nonsense, stringField, textField } from "@x/broker-protocol";
import { answerError } from "./extension-errors.js";
import type { MacFacts } from "./mac-facts.js";
import type { NativeResponse } from "./native.js";
import { type Operation, responseTypes } from "./protocol.js";

/** The fields of an answer: all text, names in lower case, as they come as the header of an HTTP response. */
export type AnswerFields = JsonObject & { readonly [name: string]: string };

/** The fields of a response, whatever they say. */
export function answerFields({ headers }: Pick<NativeResponse, "headers">): AnswerFields {
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
}

/**
 * The fields of a successful answer.
 * @throws BrokerError for an error of the extension, and for an answer that is none
 */
export function readAnswer(response: NativeResponse, operation: Operation, facts: MacFacts): AnswerFields {
  const fields = answerFields(response);
  const type = textField(fields, "operation_response_type");
  // Three fields that Microsoft's client insists on.
  if (textField(fields, "operation") === undefined || type === undefined)
    throw nonsense("an answer that does not say what it answers", facts);
  if (!readSuccess(fields, facts)) throw answerError(fields, facts);
  if (type !== responseTypes[operation]) throw nonsense("an answer to something else", facts);
  return fields;
}

function readSuccess(fields: AnswerFields, facts: CallFacts): boolean {
  switch (stringField(fields, "success")?.toLowerCase()) {
    case "1":
    case "true":
    case "yes":
      return true;
    case "0":
    case "false":
    case "no":
      return false;
    default:
      throw nonsense("an answer that does not say whether it worked", facts);
  }
}
