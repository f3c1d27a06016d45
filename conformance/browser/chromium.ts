// The Chromium that browser tests drive: where it is, and how to start it on a machine without a display or a network.

import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
];

/** TEST_CHROMIUM, or where systems put it; undefined when there is none. */
export function findChromium(): string | undefined {
  return [process.env.TEST_CHROMIUM, ...places].find((place) => place !== undefined && existsSync(place));
}

/** For the `skip` option of tests: false when there is a Chromium, else why not and what to do. */
export const withoutChromium: string | false =
  findChromium() === undefined && 'no Chromium was found: install it, or set TEST_CHROMIUM to where it is';

/** To be closed by the caller. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium was found');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
