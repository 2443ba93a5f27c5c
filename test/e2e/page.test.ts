// The status page in a real browser, over a real socket, with made-up fleets: whether a person on call sees what is wrong, with eyes,
// with a keyboard, with a screen reader; and what a thousand shards cost.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { StatusView } from '../../packages/worker/src/http/page/browser/wire.ts';
import { createHttpServer, type HttpServer } from '../../packages/worker/src/http/server.ts';
import { noBrowser, startBrowser } from '../support/browser.ts';
import { evenShards, fleetStatus, scenes } from '../support/browser-fleet.ts';
import { until } from '../support/until.ts';

const missing = noBrowser();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** A folder for pictures that a person can look at; without it none are taken. */
const shots = process.env.SHARDFOLD_TEST_SHOTS;
const phone = { width: 390, height: 844 };
const desk = { width: 1280, height: 900 };

let browser: Browser;
const servers: HttpServer[] = [];

function sceneOf(name: string): StatusView {
  const scene = scenes[name];
  if (scene === undefined) throw new Error(`There is no scene ${name}.`);
  return scene();
}

/** Serves what `told.status` is at the moment of asking. */
async function serve(status: StatusView, token?: string) {
  const told = { status, asked: 0 };
  const server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    probes: {
      livez: () => ({ ok: true, stalled: [] }),
      readyz: () => true,
      metrics: async () => ({ contentType: 'text/plain', body: '' }),
      status() {
        told.asked += 1;
        return told.status;
      },
    },
    ...(token === undefined ? {} : { token }),
  });
  servers.push(server);
  const { url } = await server.listen();
  return { told, url, server };
}

/** A page of its own; whatever goes wrong in it, such as something the policy forbids, is in `faults`. */
async function open(
  url: string,
  { colorScheme = 'light', viewport = desk }: { readonly colorScheme?: 'light' | 'dark'; readonly viewport?: typeof desk } = {},
) {
  const page = await browser.newPage({ colorScheme, viewport });
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}

const title = (page: Page) => page.locator('#verdict h2').textContent();
const shown = (page: Page) => page.locator('#fleet').waitFor();

describe.skipIf(missing !== undefined)(`the page in a browser${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  afterAll(() => browser.close());

  test.each([
    ['well', 'All is well', ['✓', '✓', '✓', '✓']],
    ['dead sink', 'Blocked by sink main', ['✓', '✓', '✕', '✓']],
    ['unowned', '2 shards without a worker', ['✓', '✕', '✓', '✕']],
    ['blocked table', 'Table audit of sink main takes no writes', ['✓', '✓', '✕', '✓']],
    ['letters away', 'Dead letters cannot be kept', ['✓', '✓', '!', '✕']],
  ] as const)(
    'the fleet "%s": the headline says it, a lamp says where, axe finds nothing in light and dark, and it fits a phone',
    async (name, headline, lamps) => {
      const { url } = await serve(sceneOf(name));
      const { page, faults } = await open(url);
      await shown(page);
      expect(await title(page)).toBe(headline);
      expect(await page.locator('#stages .lamp').allTextContents()).toEqual(lamps);
      await page.locator('summary').evaluateAll((all) => {
        for (const each of all) each.click();
      });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await axeFindings(page)).toEqual([]);
        await shoot(page, `${name} ${colorScheme}`);
      }
      await page.setViewportSize(phone);
      await shoot(page, `${name} phone`);
      // Charts follow the width a moment later.
      await until('the page to fit', async () => (await page.evaluate('document.documentElement.scrollWidth <= innerWidth')) === true);
      expect(faults).toEqual([]);
    },
  );

  test('the pictures: charts with a past at once, also of a worker of five seconds; a split and a merge below what they came from', async () => {
    const { told, url } = await serve(sceneOf('well'));
    const { page } = await open(url);
    await shown(page);
    const [lag = '', rate = ''] = await page.locator('.plot').evaluateAll((plots) => plots.map((plot) => plot.getAttribute('aria-label') ?? ''));
    expect(lag).toMatch(/^Lag over the last ten minutes\. this worker: now 0 s, at most 0 s\. other workers, as saved: now 3 s, at most 3 s\.$/);
    expect(rate).toMatch(/records read: now 2,\d+\/s/);
    expect(await inkOf(page)).toEqual([true, true]);
    const boxes = page.locator('#pictures rect');
    expect(await boxes.evaluateAll((all) => all.filter((box) => box.getAttribute('class') === 'done').length)).toBe(3);
    expect(await boxes.evaluateAll((all) => new Set(all.map((box) => Math.round(box.getBoundingClientRect().top))).size)).toBe(2);
    const legend = await page.locator('#owners li').allTextContents();
    expect(legend).toEqual(['orders-7f9c-1 (this one): 3', 'orders-7f9c-2: 1', 'orders-7f9c-3: 1', 'orders-7f9c-4: 3']);
    told.status = sceneOf('young');
    await nextAnswer(page, told);
    await shoot(page, 'young');
    expect(await inkOf(page)).toEqual([true, true]);
  });

  test('what takes no writes, what has no answer and what is left out is said in words; what is not known is said not to be', async () => {
    const { told, url } = await serve(sceneOf('blocked table'));
    const { page } = await open(url);
    await shown(page);
    const [sinks, letters] = [page.locator('#stages li').nth(2).locator('p'), page.locator('#stages li').nth(3).locator('p')];
    const state = page.locator('#sinks tr').first().locator('td').first();
    expect((await sinks.allTextContents())[1]).toBe('main: table audit takes no writes');
    expect(await state.textContent()).toBe('1 table without writes for 47 s');
    expect(await page.locator('#sinks tr').first().locator('td').last().textContent()).toContain('audit: PostgreSQL: the user may not do this');
    expect(await letters.allTextContents()).toEqual([
      '0 since start',
      '0 by this worker',
      'how many are kept is not known',
      'left out since start: 1,204 of no entry in tables, 30 filtered, 7 ignored',
    ]);
    expect(await page.locator('#letters-words').textContent()).not.toContain('None');
    told.status = sceneOf('letters away');
    await nextAnswer(page, told);
    expect(await state.textContent()).toBe('no answer for 12 s');
    expect((await letters.allTextContents()).slice(2)).toEqual(['none can be kept for 62 s', 'nothing left out since start']);
    expect(await page.locator('#verdict .what').allTextContents()).toEqual([
      'The bucket orders-dead-letters has taken none for 62 s: S3 cannot be reached (ECONNREFUSED). It is tried again.',
      'What was sent to it 12 s ago is neither done nor refused.',
    ]);
  });

  test('every control can be reached and used with the keyboard alone', async () => {
    const { url } = await serve(sceneOf('many'));
    const { page } = await open(url);
    await shown(page);
    const controls = await page
      .locator('button, input, select, a, summary, .wide')
      .filter({ visible: true })
      .evaluateAll((all) => {
        all.forEach((each, index) => {
          each.setAttribute('data-control', String(index));
        });
        return all.map((_each, index) => String(index));
      });
    const reached: unknown[] = [];
    for (const _control of controls) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate('document.activeElement.dataset.control'));
    }
    expect(reached).toEqual(controls);
    const firstRow = page.locator('#rows tr').first().locator('th');
    await page.locator('#later').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#where').textContent()).toBe('51 to 100 of 1,000');
    await page.getByRole('button', { name: 'Shard' }).focus();
    await page.keyboard.press('Space');
    expect([await firstRow.textContent(), await page.locator('th[aria-sort=ascending]').textContent()]).toEqual(['shardId-000000000000', 'Shard']);
    await page.locator('#search').focus();
    await page.keyboard.type('000999');
    expect([await firstRow.textContent(), await page.locator('#where').textContent()]).toEqual(['shardId-000000000999', '1 to 1 of 1']);
    await page.locator('#search').fill('');
    await page.locator('#filter').focus();
    await page.keyboard.type('shards without');
    expect(await page.locator('#where').textContent()).toBe('1 to 1 of 1');
  });

  test('a thousand shards: an answer in which ten changed touches those ten alone', async () => {
    const status = sceneOf('many');
    const { told, url } = await serve(status);
    const { page, faults } = await open(url);
    await shown(page);
    await shoot(page, 'many');
    expect(await page.locator('#rows tr').count()).toBe(50);
    expect(await page.locator('#pictures rect').count()).toBe(1_000);
    await page.evaluate(
      "window.touched = 0; new MutationObserver((seen) => { window.touched += seen.length; }).observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true, attributes: true })",
    );
    await nextAnswer(page, told);
    const still = Number(await page.evaluate('window.touched'));
    const shards = status.shards.map((shard, index) => (index >= 10 && index < 20 ? { ...shard, owner: 'orders-7f9c-2' } : shard));
    told.status = { ...status, shards };
    await nextAnswer(page, told);
    const changed = Number(await page.evaluate('window.touched')) - still;
    // Each of the ten: its box, its cell's text, colour and title; then the legend, and what the cards and the picture say.
    expect([still, changed]).toEqual([0, expect.toSatisfy((count: number) => count >= 40 && count <= 60)]);
    expect(faults).toEqual([]);
  });

  test('a worker that falls silent is said to, and what is shown turns old; it comes back by itself', async () => {
    const { told, url } = await serve(fleetStatus({ shards: evenShards(4) }));
    const { page } = await open(url);
    await shown(page);
    await page.route('**/status', (route) => route.abort());
    await page.getByText('The worker does not answer').waitFor();
    expect(await page.locator('#fleet.old').count()).toBe(1);
    await page.unroute('**/status');
    await nextAnswer(page, told);
    expect([await title(page), await page.locator('#fleet.old').count()]).toEqual(['All is well', 0]);
  });

  test('with a token the page asks for it, says when it is wrong, and keeps it for the tab', async () => {
    const { told, url } = await serve(fleetStatus({ shards: evenShards(4) }), 't:k3n');
    const { page } = await open(url);
    await page.locator('#login').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect([told.asked, await page.locator('#fleet').isVisible()]).toEqual([0, false]);
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('That is not the token of this worker.').waitFor();
    await page.keyboard.type('t:k3n');
    await page.keyboard.press('Enter');
    await shown(page);
    await page.reload();
    await shown(page);
    expect([await title(page), await page.locator('#login').isVisible()]).toEqual(['All is well', false]);
  });
});

async function shoot(page: Page, name: string): Promise<void> {
  if (shots !== undefined) await page.screenshot({ path: join(shots, `${name.replaceAll(' ', '-')}.png`), fullPage: true });
}

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe calls serious or critical. It is put into the page by the browser's own tools, which the page's policy does not bind. */
async function axeFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as { readonly violations: readonly Finding[] };
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Whether each canvas has pixels in the colour of its first line. */
async function inkOf(page: Page): Promise<unknown> {
  return page.evaluate(`[...document.querySelectorAll('canvas')].map((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(getComputedStyle(document.documentElement).getPropertyValue('--line-1').trim().slice(at, at + 2), 16));
    for (let at = 0; at < data.length; at += 4) if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) return true;
    return false;
  })`);
}

/** Resolves when the page has shown an answer that was asked for after this call. */
async function nextAnswer(page: Page, told: { readonly asked: number }): Promise<void> {
  const { asked } = told;
  const answered = page.waitForResponse((response) => response.url().endsWith('/status') && told.asked > asked && response.ok());
  await (await answered).finished();
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
}
