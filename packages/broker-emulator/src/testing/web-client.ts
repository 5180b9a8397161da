import { request } from "node:https";
import type { WebTenant } from "../web/start-web-tenant.js";

/** An answer of a web tenant. */
export interface ClientAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Asks a web tenant, trusting its certificate and no other. Follows no redirect. */
export function ask(
  web: WebTenant,
  path: string,
  form?: Readonly<Record<string, string>>,
): Promise<ClientAnswer> {
  return new Promise((resolve, reject) => {
    const body = form === undefined ? undefined : new URLSearchParams(form).toString();
    const outgoing = request(
      new URL(path, web.authorityHost),
      {
        ca: web.certificate,
        method: body === undefined ? "GET" : "POST",
        agent: false,
        headers: body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" },
      },
      (incoming) => {
        let text = "";
        incoming.setEncoding("utf8");
        incoming.on("data", (chunk: string) => {
          text += chunk;
        });
        incoming.on("error", reject);
        incoming.on("end", () =>
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** The same with the answer's JSON. */
export async function askJson(
  web: WebTenant,
  path: string,
  form?: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const { status, text } = await ask(web, path, form);
  return { status, body: JSON.parse(text) as Record<string, unknown> };
}
