// A real browser for tests: Debian's Chromium, or the one that CHROMIUM_PATH names. It knows no page.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { assertNotRequired } from '../servers/required.ts';

const path = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** Why there is none to be had; undefined: there is one. Throws where the run insists on it (`chromium`). */
export function noBrowser(): string | undefined {
  if (existsSync(path)) return undefined;
  const reason = `${path} is not there: install Chromium, or set CHROMIUM_PATH`;
  assertNotRequired('chromium', reason);
  return reason;
}

/** The caller closes it. */
export function startBrowser(): Promise<Browser> {
  // Chromium's own sandbox refuses to work for the user root, as in most containers.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: path, args: [...args, '--disable-dev-shm-usage'] });
}
