/** The pages a browser ends on, as HTML documents. */
export interface LoopbackPages {
  readonly success: string;
  readonly error: string;
}

/** What the app says in the place of our own pages. */
export interface BrowserCustomizationOptions {
  /** HTML document shown when the user has signed in. Default: a page that says so. */
  successMessage?: string;
  /** HTML document shown when signing in has failed. Default: a page that says so. */
  errorMessage?: string;
}

/** Fills in what the app does not say. */
export function loopbackPages({ successMessage, errorMessage }: BrowserCustomizationOptions): LoopbackPages {
  return {
    success: successMessage ?? page("You are signed in", "You can close this window and go back to the app."),
    error:
      errorMessage ??
      page("You are not signed in", "Go back to the app, which says why. You can close this window."),
  };
}

function page(title: string, text: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>
body { margin: 20vh auto 0; padding: 0 24px; max-width: 480px; font: 18px/1.5 system-ui, sans-serif; color: #1b1a19; }
h1 { font-size: 26px; font-weight: 600; }
</style>
</head>
<body><main><h1>${title}</h1><p>${text}</p></main></body>
</html>
`;
}
