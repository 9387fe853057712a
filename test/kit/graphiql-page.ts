// Drives the console in a browser the way a person does: open, choose a tab, run, read what came. What should be there
// is said by the tests.
import type { Browser, Page } from 'playwright-core';

/** The console, open in a browser of its own profile. */
export interface GraphiqlPage {
  /** The page itself, for all that is not below. */
  readonly page: Page;
  /** What went wrong unseen: errors and warnings on the browser's console, and uncaught exceptions. */
  readonly errors: readonly string[];
  /** Addresses of all requests of the page, WebSockets included. */
  readonly requestedUrls: readonly string[];
  /** Brings the tab of this operation to the front. */
  chooseTab(operationName: string): Promise<void>;
  /** Presses the button that runs the operation, or that ends a running subscription. */
  pressRun(): Promise<void>;
  /** Comes back when the response pane shows `text`; white space counts as one blank. Rejects after 15 s. */
  waitForResponse(text: string): Promise<void>;
  /** What the response pane shows now. */
  readResponse(): Promise<string>;
  close(): Promise<void>;
}

/** Display of the browser window. */
export interface GraphiqlPageOptions {
  /** The person's preference; light when left out. */
  readonly colorScheme?: 'light' | 'dark';
}

/** Opens the console at `url` (with `#key=…` to be signed in) in a fresh profile and waits until GraphiQL is there. */
export async function openGraphiqlPage(
  browser: Browser,
  url: string,
  options: GraphiqlPageOptions = {},
): Promise<GraphiqlPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme: options.colorScheme ?? 'light',
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const errors: string[] = [];
  const requestedUrls: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  context.on('request', (request) => requestedUrls.push(request.url()));
  page.on('websocket', (socket) => requestedUrls.push(socket.url()));
  await page.goto(url);
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  const response = page.locator('.graphiql-response .view-lines');
  const lines = response.locator('.view-line');
  return {
    page,
    errors,
    requestedUrls,
    async chooseTab(operationName) {
      await page.getByRole('tab', { name: operationName, exact: true }).click();
      // GraphiQL takes over the text of a tab 100 ms after it shows it, and says so in its storage.
      const hasTakenOver = (name: string) =>
        String(Reflect.get(globalThis, 'localStorage').getItem('carillon:graphiql:query')).includes(name);
      await page.waitForFunction(hasTakenOver, ` ${operationName}`);
    },
    pressRun: () => page.locator('.graphiql-execute-button').click(),
    waitForResponse: (text) => response.filter({ hasText: text }).waitFor(),
    readResponse: async () => (await lines.allTextContents()).join('\n').replaceAll('\u00a0', ' '),
    close: () => context.close(),
  };
}
