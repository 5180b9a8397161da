/** One of Microsoft's own APIs, which every real tenant has. */
export interface WellKnownResource {
  readonly identifier: string;
  readonly permissions: Permissions;
}

/** `dotted`: hundreds of names like `User.Read`. `user_impersonation`: this one, as Azure's services have it. */
type Permissions =
  | { readonly kind: "dotted"; readonly default: readonly string[] }
  | { readonly kind: "user_impersonation" };

const azureService: Permissions = { kind: "user_impersonation" };

function dotted(...defaultScopes: string[]): Permissions {
  return { kind: "dotted", default: defaultScopes };
}

/** By identifier. The public documentation of each service names it as the scope to ask for. */
const permissionsOf: Readonly<Record<string, Permissions>> = {
  "https://graph.microsoft.com": dotted("User.Read"),
  "https://graph.microsoft.us": dotted("User.Read"),
  "https://microsoftgraph.chinacloudapi.cn": dotted("User.Read"),
  "https://outlook.office.com": dotted("User.Read"),
  "https://outlook.office365.com": dotted("User.Read"),
  "https://analysis.windows.net/powerbi/api": dotted("Report.Read.All"),
  "https://api.fabric.microsoft.com": dotted("Workspace.Read.All"),
  "https://api.loganalytics.io": dotted("Data.Read"),
  "https://management.azure.com": azureService,
  "https://management.core.windows.net": azureService,
  "https://management.usgovcloudapi.net": azureService,
  "https://management.chinacloudapi.cn": azureService,
  "https://storage.azure.com": azureService,
  "https://vault.azure.net": azureService,
  "https://vault.usgovcloudapi.net": azureService,
  "https://vault.azure.cn": azureService,
  "https://managedhsm.azure.net": azureService,
  "https://database.windows.net": azureService,
  "https://database.usgovcloudapi.net": azureService,
  "https://database.chinacloudapi.cn": azureService,
  "https://ossrdbms-aad.database.windows.net": azureService,
  "https://servicebus.azure.net": azureService,
  "https://eventhubs.azure.net": azureService,
  "https://eventgrid.azure.net": azureService,
  "https://relay.azure.net": azureService,
  "https://cosmos.azure.com": azureService,
  "https://azconfig.io": azureService,
  "https://redis.azure.com": azureService,
  "https://search.azure.com": azureService,
  "https://cognitiveservices.azure.com": azureService,
  "https://ai.azure.com": azureService,
  "https://ml.azure.com": azureService,
  "https://monitor.azure.com": azureService,
  "https://kusto.kusto.windows.net": azureService,
  "https://batch.core.windows.net": azureService,
  "https://datalake.azure.net": azureService,
  "https://dev.azuresynapse.net": azureService,
  "https://containerregistry.azure.net": azureService,
  "https://communication.azure.com": azureService,
  "https://signalr.azure.com": azureService,
  "https://webpubsub.azure.com": azureService,
  "https://digitaltwins.azure.net": azureService,
  "https://purview.azure.net": azureService,
  "https://atlas.microsoft.com": azureService,
  "https://attest.azure.net": azureService,
};

/** The ids of the apps behind some of them, which name the same API. Public, and the same in every tenant. */
const appIds: Readonly<Record<string, string>> = {
  "00000003-0000-0000-c000-000000000000": "https://graph.microsoft.com",
  "797f4846-ba00-4fd7-ba43-dac1f8f63013": "https://management.azure.com",
  "e406a681-f3d4-42a8-90b6-c2b029497af1": "https://storage.azure.com",
  "cfa8b339-82a2-471a-a3c9-0fc0be7a4093": "https://vault.azure.net",
  "022907d3-0f1b-48f7-badc-1ba6abab6d66": "https://database.windows.net",
  "80a10ef9-8168-493d-abf9-3297c4ef6e3c": "https://servicebus.azure.net",
  "80369ed6-5f11-4dd9-bef3-692475845e77": "https://eventhubs.azure.net",
};

/** A storage account names its own services as APIs, too. */
const storageAccount = /^https:\/\/[a-z0-9-]+\.(?:blob|dfs|file|queue|table)\.core\.windows\.net$/;

/** @param identifier In lower case, without trailing slash. */
export function wellKnownResource(identifier: string): WellKnownResource | undefined {
  const named = Object.hasOwn(appIds, identifier) ? (appIds[identifier] ?? identifier) : identifier;
  const permissions = Object.hasOwn(permissionsOf, named) ? permissionsOf[named] : undefined;
  if (permissions !== undefined) return { identifier: named, permissions };
  return storageAccount.test(named) ? { identifier: named, permissions: azureService } : undefined;
}
