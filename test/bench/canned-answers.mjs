// What the stub answers: the shapes that Microsoft's client reads (captured), in the sizes that a tenant's tokens
// have. Nothing in here is real, and nothing is signed.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const clientId = "d7b530a4-7680-4c23-a8bf-c52c121d2e87";
export const tenantId = "f52f0148-c8bb-4ee1-899b-8f93b0e4d63d";
export const authority = `https://login.microsoftonline.com/${tenantId}`;
export const scope = "https://graph.microsoft.com/.default";
export const redirectUri = "https://login.microsoftonline.com/common/oauth2/nativeclient";

/** The stub writes the time a minute from now here: a token so short makes every client ask the broker again. */
const inAMinute = "@EXPIRES@";
const hour = 3_600_000;

/** @param {number} index */
function accountOf(index) {
  const digest = createHash("sha256").update(`account ${index}`).digest("hex");
  const objectId = digest.replace(/^(.{8})(.{4})(.{3})(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5");
  return {
    clientInfo: base64url({ uid: objectId, utid: tenantId }),
    environment: "login.microsoftonline.com",
    familyName: `User ${index}`,
    givenName: "Benchmark",
    homeAccountId: `${objectId}.${tenantId}`,
    localAccountId: objectId,
    name: `Benchmark User ${index}`,
    passwordExpiry: 0,
    realm: tenantId,
    username: `user${index}@contoso.example`,
  };
}

/**
 * Writes one file for each method.
 * @param {string} folder
 * @param {{ accounts: number, longLived?: boolean }} options
 */
export function writeAnswers(folder, { accounts, longLived = false }) {
  mkdirSync(folder, { recursive: true });
  const list = Array.from({ length: accounts }, (_, index) => accountOf(index));
  const expiresOn = longLived ? String(Date.now() + 24 * hour) : inAMinute;
  const token = tokenAnswer(accountOf(0), expiresOn);
  const answers = {
    getAccounts: JSON.stringify({ accounts: list }),
    acquireTokenSilently: token,
    acquireTokenInteractively: token,
    getLinuxBrokerVersion: JSON.stringify({ linuxBrokerVersion: "3.0.2-bench" }),
    removeAccount: JSON.stringify({}),
  };
  for (const [method, text] of Object.entries(answers)) writeFileSync(join(folder, `${method}.json`), text);
}

/** @param {ReturnType<typeof accountOf>} account @param {string} expiresOn */
function tokenAnswer(account, expiresOn) {
  const seconds = Math.floor(Date.now() / 1000);
  const common = {
    iss: `https://sts.windows.net/${tenantId}/`,
    iat: seconds,
    nbf: seconds,
    exp: seconds + 24 * 3600,
    name: account.name,
    oid: account.localAccountId,
    tid: tenantId,
    upn: account.username,
  };
  const accessToken = jwt({
    aud: "https://graph.microsoft.com",
    ...common,
    acct: 0,
    acr: "1",
    aio: filler(120),
    amr: ["pwd", "rsa", "mfa"],
    app_displayname: "Benchmark",
    appid: clientId,
    appidacr: "0",
    deviceid: account.localAccountId,
    ipaddr: "192.0.2.1",
    puid: "1003200000000000",
    rh: filler(60),
    scp: "AuditLog.Read.All Directory.Read.All email Group.Read.All Mail.Read openid profile User.Read",
    sub: filler(43),
    uti: filler(22),
    ver: "1.0",
    wids: ["b79fbf4d-3ef9-4689-8143-76b194e85509"],
    xms_tcdt: 1_600_000_000,
  });
  const idToken = jwt({ aud: clientId, ...common, preferred_username: account.username, ver: "2.0" });
  const text = JSON.stringify({
    brokerTokenResponse: {
      accessToken,
      accessTokenType: 0,
      account,
      clientInfo: account.clientInfo,
      expiresOn: "expires",
      extendedExpiresOn: "expires",
      grantedScopes: `${scope} openid profile offline_access`,
      idToken,
    },
    telemetry: { broker_version: "3.0.2-bench", ui_visible: "false" },
  });
  return text.replaceAll('"expires"', expiresOn);
}

/** @param {Readonly<Record<string, unknown>>} claims */
function jwt(claims) {
  // As long as an RS256 signature.
  return `${base64url({ typ: "JWT", alg: "RS256", kid: filler(27), x5t: filler(27) })}.${base64url(claims)}.${filler(342)}`;
}

/** @param {unknown} value */
function base64url(value) {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** @param {number} length */
function filler(length) {
  return "TGVuZ3RoIGlzIGFsbCB0aGF0IGNvdW50cw".repeat(Math.ceil(length / 34)).slice(0, length);
}
