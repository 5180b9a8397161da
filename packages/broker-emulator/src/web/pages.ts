import { randomBytes } from "node:crypto";
import type { EmulatedAccount } from "../tenant/accounts.js";
import { html, type WebAnswer } from "./web-answer.js";

/** Where the pages' forms go. */
export const signInPath = "/emulator/sign-in";
export const deviceLoginPath = "/devicelogin";

const banner = "Emulated tenant, for tests: nothing here is real.";

const style = `
:root { color-scheme: light; font: 16px/1.5 "Segoe UI", system-ui, "Liberation Sans", sans-serif; color: #1b1a19; }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: #eef1f6; }
.banner { margin: 0; padding: 10px 16px; text-align: center; font-weight: 600; color: #1b1a19; background: #ffd75e; }
main { width: min(440px, calc(100vw - 32px)); margin: 56px auto auto; padding: 40px; background: #fff; border-radius: 6px; box-shadow: 0 3px 14px rgb(20 30 60 / 18%); }
.tenant { margin: 0 0 20px; color: #5b5a58; }
h1 { margin: 0 0 8px; font-size: 24px; line-height: 1.25; font-weight: 600; }
p { margin: 8px 0; overflow-wrap: anywhere; }
ul { margin: 12px 0; padding: 0; list-style: none; }
.accounts { border-top: 1px solid #e1dfdd; }
.accounts button { display: flex; align-items: center; gap: 14px; width: 100%; padding: 12px 8px; border: 0; border-bottom: 1px solid #e1dfdd; border-radius: 0; background: none; color: inherit; text-align: left; }
.accounts button:hover { background: #f3f2f1; }
.mark { flex: none; width: 40px; height: 40px; border-radius: 50%; display: grid; place-items: center; background: #2b5fc1; color: #fff; font-weight: 600; }
.who { min-width: 0; overflow-wrap: anywhere; }
.who span { display: block; color: #5b5a58; font-size: 14px; }
.scopes li { padding: 6px 0 6px 26px; position: relative; overflow-wrap: anywhere; }
.scopes li::before { content: "✓"; position: absolute; left: 4px; color: #2b5fc1; font-weight: 600; }
.actions { display: flex; justify-content: flex-end; gap: 10px; margin-top: 28px; }
button { font: inherit; padding: 7px 22px; border: 1px solid transparent; border-radius: 3px; cursor: pointer; background: #e5e4e2; color: #1b1a19; }
button.primary { background: #2b5fc1; color: #fff; }
button:hover { filter: brightness(0.95); }
:focus-visible { outline: 3px solid #1b1a19; outline-offset: 2px; }
label { display: block; margin: 18px 0 4px; }
input[type=text] { width: 100%; padding: 8px 10px; font: inherit; letter-spacing: 1px; text-transform: uppercase; border: 1px solid #605e5c; border-radius: 3px; }
.problem { padding: 8px 12px; border-left: 4px solid #b10e1c; background: #fdf1f2; }
code { font-size: 14px; }
`;

interface Page {
  readonly title: string;
  readonly tenantName: string;
  /** HTML. */
  readonly content: string;
  readonly status?: number;
  readonly script?: string;
}

function page({ title, tenantName, content, status = 200, script }: Page): WebAnswer {
  const nonce = randomBytes(16).toString("base64");
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} (emulator)</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${style}</style>
</head>
<body>
<p class="banner" role="note">${banner}</p>
<main>
<p class="tenant">${escapeHtml(tenantName)}</p>
${content}
</main>
${script === undefined ? "" : `<script nonce="${nonce}">${script}</script>`}
</body>
</html>
`;
  return html(status, body, nonce);
}

/** What every page about one sign-in shows. */
export interface SignInFacts {
  readonly tenantName: string;
  readonly appName: string;
  /** The sign-in's own secret, in each of its forms. */
  readonly signInId: string;
}

/** Asks who signs in. `others` tells whether there are more people than these. */
export function accountPicker(
  { tenantName, appName, signInId }: SignInFacts,
  accounts: readonly EmulatedAccount[],
  hasOthers: boolean,
): WebAnswer {
  const people = accounts
    .map(
      ({ name, username, homeAccountId }) =>
        `<li><button name="account" value="${escapeHtml(homeAccountId)}"><span class="mark" aria-hidden="true">${escapeHtml(initialsOf(name))}</span><span class="who">${escapeHtml(name)}<span>${escapeHtml(username)}</span></span></button></li>`,
    )
    .join("\n");
  const list =
    accounts.length === 0
      ? "<p>Nobody is in the directory: add somebody with <code>tenant.addAccount()</code>.</p>"
      : `<ul class="accounts">${people}</ul>`;
  return page({
    title: "Pick an account",
    tenantName,
    content: `<h1>Pick an account</h1>
<p>to go on to <strong>${escapeHtml(appName)}</strong></p>
<form method="post" action="${signInPath}">
${hidden("signIn", signInId)}
${list}
<div class="actions">
${hasOthers ? '<button name="action" value="others">Use another account</button>' : ""}
<button name="action" value="cancel">Cancel</button>
</div>
</form>`,
  });
}

/** Asks whether the app may have what it asked for. */
export function consentPage(
  { tenantName, appName, signInId }: SignInFacts,
  username: string,
  scopes: readonly string[],
): WebAnswer {
  const wanted = scopes.map((scope) => `<li>${escapeHtml(scope)}</li>`).join("\n");
  return page({
    title: "Permissions requested",
    tenantName,
    content: `<p>${escapeHtml(username)}</p>
<h1>Permissions requested</h1>
<p><strong>${escapeHtml(appName)}</strong> would like to:</p>
<ul class="scopes">${wanted}</ul>
<form method="post" action="${signInPath}">
${hidden("signIn", signInId)}
<div class="actions">
<button name="action" value="decline">Cancel</button>
<button class="primary" name="action" value="accept">Accept</button>
</div>
</form>`,
  });
}

/** Asks, before a device is let in, whether the person wants that. */
export function devicePage({ tenantName, appName, signInId }: SignInFacts, username: string): WebAnswer {
  return page({
    title: "Are you trying to sign in?",
    tenantName,
    content: `<p>${escapeHtml(username)}</p>
<h1>Are you trying to sign in to ${escapeHtml(appName)}?</h1>
<p>Only go on if you started this sign-in yourself, on a device that you trust.</p>
<form method="post" action="${signInPath}">
${hidden("signIn", signInId)}
<div class="actions">
<button name="action" value="decline">Cancel</button>
<button class="primary" name="action" value="accept">Continue</button>
</div>
</form>`,
  });
}

/** Takes the code that a device shows. */
export function enterCodePage(tenantName: string, problem?: string): WebAnswer {
  const told =
    problem === undefined ? "" : `<p class="problem" role="alert" id="problem">${escapeHtml(problem)}</p>`;
  return page({
    title: "Enter code",
    tenantName,
    content: `<h1>Enter code</h1>
<p>Enter the code that your app or device shows, to let it sign in.</p>
${told}
<form method="post" action="${deviceLoginPath}">
<label for="code">Code</label>
<input type="text" id="code" name="code" required autocomplete="off" autofocus maxlength="16" spellcheck="false"${problem === undefined ? "" : ' aria-describedby="problem"'}>
<div class="actions"><button class="primary">Next</button></div>
</form>`,
  });
}

/** Says how it ended, where there is nothing to go back to. */
export function closingPage(tenantName: string, title: string, text: string): WebAnswer {
  return page({
    title,
    tenantName,
    content: `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(text)}</p>`,
  });
}

/** An error that may not be sent to the app, because who asked is not known to be the app. */
export function errorPage(tenantName: string, description: string): WebAnswer {
  return page({
    title: "Sorry, but we're having trouble signing you in",
    tenantName,
    status: 400,
    content: `<h1>Sorry, but we’re having trouble signing you in</h1>\n<p class="problem" role="alert">${escapeHtml(description)}</p>`,
  });
}

/** Takes the answer to the app in the body of a request, so that no history keeps it (`response_mode=form_post`). */
export function formPost(
  tenantName: string,
  to: string,
  fields: Readonly<Record<string, string>>,
): WebAnswer {
  const inputs = Object.entries(fields)
    .map(([name, value]) => hidden(name, value))
    .join("\n");
  return page({
    title: "Working...",
    tenantName,
    content: `<h1>Working…</h1>
<form method="post" action="${escapeHtml(to)}">
${inputs}
<noscript><p>Scripts are switched off: press the button to go on.</p><button class="primary">Continue</button></noscript>
</form>`,
    script: "document.forms[0].submit();",
  });
}

function hidden(name: string, value: string): string {
  return `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`;
}

function initialsOf(name: string): string {
  const words = name.split(" ").filter((word) => word !== "");
  return [words[0], words.length > 1 ? words.at(-1) : undefined]
    .map((word) => word?.[0]?.toUpperCase() ?? "")
    .join("");
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
