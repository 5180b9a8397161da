import { runtimeFailure, runtimeStatuses } from "@x/broker/internal";
import { type BrokerError, isBrokerError } from "@x/broker-contract";
import { ErrorStatus, type MsalRuntimeError } from "./types.js";

/** Makes a failure that no broker was asked about. */
export function runtimeError(errorStatus: ErrorStatus, errorContext: string): MsalRuntimeError {
  return { errorCode: 0, errorStatus, errorContext, errorTag: 0 };
}

/** Any failure, as the runtime tells it. */
export function toRuntimeError(error: unknown): MsalRuntimeError {
  if (isBrokerError(error)) return brokerFailure(error);
  if (isRuntimeError(error)) return error;
  const { name = "", message = String(error) } = error instanceof Error ? error : {};
  if (name === "AbortError")
    return runtimeError(ErrorStatus.ApplicationCanceled, "The call was canceled by the application.");
  // What a broker refuses before it asks anybody is a fault of the request.
  const isRefused = error instanceof TypeError || error instanceof RangeError;
  return runtimeError(isRefused ? ErrorStatus.ApiContractViolation : ErrorStatus.Unexpected, message);
}

function brokerFailure(error: BrokerError): MsalRuntimeError {
  const { status, errorCode, tag } = runtimeFailure(error);
  return {
    errorCode,
    errorStatus: runtimeStatuses[status],
    errorContext: error.message,
    errorTag: tag,
  };
}

function isRuntimeError(value: unknown): value is MsalRuntimeError {
  return typeof value === "object" && value !== null && "errorStatus" in value && "errorContext" in value;
}
