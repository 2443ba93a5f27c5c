// Probes, metrics, status and page over a real socket.
import { afterEach, describe, expect, test } from 'vitest';
import { fleetStatus } from '../../../../../test/support/browser-fleet.ts';
import { createHttpServer, type HttpServer, type Probes } from '../../../src/http/server.ts';

const running: HttpServer[] = [];
const status = fleetStatus({ shards: [] });

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

const well: Probes = {
  livez: () => ({ ok: true, stalled: [] }),
  readyz: () => true,
  status: () => status,
  metrics: async (openMetrics) => ({
    contentType: openMetrics ? 'application/openmetrics-text; version=1.0.0; charset=utf-8' : 'text/plain; version=0.0.4; charset=utf-8',
    body: 'shardfold_x 1\n',
  }),
};

async function serve(probes: Partial<Probes> = {}, token?: string): Promise<(path: string, headers?: Record<string, string>) => Promise<Response>> {
  const server = createHttpServer({ host: '127.0.0.1', port: 0, probes: { ...well, ...probes }, ...(token === undefined ? {} : { token }) });
  running.push(server);
  const { url } = await server.listen();
  return (path, headers = {}) => fetch(`${url}${path}`, { headers });
}

describe.each(['/livez', '/healthz'])('%s', (path) => {
  test('is 200 while the loops make progress', async () => {
    const answer = await (await serve())(path);
    expect([answer.status, await answer.text()]).toEqual([200, 'ok\n']);
  });

  test('is 503 and names the stalled loop', async () => {
    const get = await serve({ livez: () => ({ ok: false, stalled: ['leases', 'shard-7'] }) });
    const answer = await get(path);
    expect([answer.status, await answer.text()]).toEqual([503, 'stalled: leases, shard-7\n']);
    const verbose = await get(`${path}?verbose`);
    expect([verbose.status, await verbose.text()]).toEqual([503, '[-]leases stalled\n[-]shard-7 stalled\nlivez check failed\n']);
  });
});

test('/readyz follows the worker', async () => {
  let ready = false;
  const get = await serve({ readyz: () => ready });
  expect((await get('/readyz')).status).toBe(503);
  ready = true;
  expect((await get('/readyz')).status).toBe(200);
});

test('/metrics speaks the dialect that is asked for', async () => {
  const get = await serve();
  const plain = await get('/metrics');
  expect([plain.headers.get('content-type'), await plain.text()]).toEqual(['text/plain; version=0.0.4; charset=utf-8', 'shardfold_x 1\n']);
  const open = await get('/metrics', { accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5' });
  expect(open.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
});

test('/status is JSON that nobody keeps', async () => {
  const answer = await (await serve())('/status');
  expect(await answer.json()).toEqual(status);
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

test('the page brings all it needs and may reach nothing else', async () => {
  const answer = await (await serve())('/');
  const html = await answer.text();
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(answer.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; script-src 'sha256-[^']+' 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self';/,
  );
  expect(html).not.toMatch(/(?:src|href)="?https?:/);
  expect(html.split('<script>', 1)[0]).not.toMatch(/ (?:style|on[a-z]+)="/);
  expect(html).toContain('<html lang="en">');
});

test('what is not there and what fails are told without inner parts', async () => {
  const get = await serve({
    status: () => {
      throw new Error('secret inner part');
    },
  });
  expect((await get('/nothing')).status).toBe(404);
  const failed = await get('/status');
  expect([failed.status, await failed.text()]).toEqual([500, 'This could not be answered; the worker goes on.\n']);
});

describe('with a token', () => {
  const basic = (password: string) => `Basic ${Buffer.from(`anybody:${password}`).toString('base64')}`;

  test.each(['/', '/status', '/metrics'])('%s needs it', async (path) => {
    const get = await serve({}, 't:k3n');
    for (const authorization of ['', 'Bearer wrong', 'Bearer ', 't:k3n', basic('wrong')]) expect((await get(path, { authorization })).status).toBe(401);
    expect((await get(path)).headers.get('www-authenticate')).toMatch(/^Bearer /);
    for (const authorization of ['Bearer t:k3n', 'bearer  t:k3n', basic('t:k3n')]) expect((await get(path, { authorization })).status).toBe(200);
  });

  test('blanks in it are part of it', async () => {
    const get = await serve({}, 'two words');
    expect((await get('/status', { authorization: 'Bearer two words' })).status).toBe(200);
    expect((await get('/status', { authorization: 'Bearer two' })).status).toBe(401);
  });

  test('a browser that goes to a path by itself is asked for it; the page asks in its own words, and holds nothing else', async () => {
    const get = await serve({}, 't:k3n');
    const visit = { accept: 'text/html,application/xhtml+xml' };
    for (const path of ['/status', '/metrics']) expect((await get(path, visit)).headers.get('www-authenticate')).toMatch(/^Basic /);
    const page = await get('/?x', visit);
    const html = await page.text();
    expect([page.status, page.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="shardfold"']);
    expect(html).toBe(await (await get('/', { authorization: 'Bearer t:k3n' })).text());
    expect(html).not.toContain(status.application);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
  });

  test.each(['/livez', '/healthz', '/readyz'])('%s does not', async (path) => {
    expect((await (await serve({}, 't:k3n'))(path)).status).toBe(200);
  });
});

test('a port in use is told with what to do', async () => {
  const first = createHttpServer({ host: '127.0.0.1', port: 0, probes: well });
  running.push(first);
  const { url } = await first.listen();
  const port = Number(new URL(url).port);
  const second = createHttpServer({ host: '127.0.0.1', port, probes: well });
  running.push(second);
  await expect(second.listen()).rejects.toMatchObject({
    code: 'HTTP_PORT_IN_USE',
    message: `The address 127.0.0.1:${port} is in use by another process; the worker does not start. Choose another http.port, or 0 for a free one.`,
  });
});
