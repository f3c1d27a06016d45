// A test in a page of Chromium: one browser for all tests of a file, and for each test a context of its own, which shares no cache, no
// cookie and no connection with the others. Without a Chromium the tests skip and say so.

import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import type { Browser, BrowserContextOptions, FileChooser, Page } from 'playwright-core';
import { launchChromium, withoutChromium } from './chromium.ts';

let browser: Promise<Browser> | undefined;
after(async () => (await browser)?.close());

export type BrowserTest = (page: Page, context: TestContext) => Promise<void>;

/** @param options of the context, e.g. `{ javaScriptEnabled: false }` */
export function testInBrowser(title: string, run: BrowserTest, options: BrowserContextOptions = {}): void {
  test(title, { skip: withoutChromium }, async (testContext) => {
    browser ??= launchChromium();
    const context = await (await browser).newContext(options);
    try {
      await run(await context.newPage(), testContext);
    } finally {
      await context.close();
    }
  });
}

/** Everything that the page complains of, from now on: errors on its console (a violated policy is one) and exceptions nobody caught. */
export function listComplaints(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}

/**
 * The file picker that the page will open. To be called before the page is: Chromium is told in passing to hand its pickers over, and a
 * key pressed before it has heard opens one that nobody sees.
 */
export function nextFilePicker(page: Page): Promise<FileChooser> {
  return new Promise((resolve) => page.once('filechooser', resolve));
}

/** Presses Tab until the element has the focus. Fails when it cannot be reached so. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  const target = page.locator(selector);
  for (let presses = 0; presses < tabPressesMax; presses++) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  assert.fail(`Tab does not lead to ${selector}`);
}

const tabPressesMax = 40;

/** From now on the page's requests leave at this speed, so that something can happen while a file is on its way. */
export async function limitUploadSpeed(page: Page, bytesPerSecond: number): Promise<void> {
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond,
  });
}
