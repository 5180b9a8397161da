// For `node --import`: another version of msal-node in the place of the one that a program finds by itself. MSAL_NODE
// names it, as this folder's dependencies do.
import { register } from "node:module";

const hooks = `export function resolve(specifier, context, next) {
  if (specifier !== "@azure/msal-node") return next(specifier, context);
  return next(${JSON.stringify(process.env["MSAL_NODE"])}, { ...context, parentURL: ${JSON.stringify(import.meta.url)} });
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
