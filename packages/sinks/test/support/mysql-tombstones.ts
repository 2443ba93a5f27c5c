// When the MySQL sink may pass over the tombstones: not where something between it and the server changes what the server counts, and not
// where rows may stand under theirs. Tests for either server.
import { once } from 'node:events';
import net from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { at, patch, put, remove, target, textKey } from '../../src/testing/index.ts';
import type { Mutation } from '../../src/types.ts';
import { never } from './machine.ts';
import { type ServerForFile, sinkFor, storedRows } from './mysql.ts';
import { withSink } from './with-sink.ts';

const headerBytes = 4;
const okHeader = 0;
const infoBegins = 'Records:';
const foundRows = 2;

/** `change` gets each packet of an answer, however it comes in pieces, and answers what is passed on. */
function packetChanger(change: (packet: Buffer) => Buffer): (chunk: Buffer) => Buffer {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    held = Buffer.concat([held, chunk]);
    const passed: Buffer[] = [];
    while (held.length >= headerBytes) {
      const to = headerBytes + held.readUIntLE(0, 3);
      if (held.length < to) break;
      const packet = change(held.subarray(headerBytes, to));
      const header = Buffer.from([0, 0, 0, held[3] ?? 0]);
      header.writeUIntLE(packet.length, 0, 3);
      passed.push(header, packet);
      held = held.subarray(to);
    }
    return Buffer.concat(passed);
  };
}

/** The text and its length, which are the packet's last. */
function withoutInfo(packet: Buffer): Buffer {
  const at = packet[0] === okHeader ? packet.indexOf(infoBegins) : -1;
  return at < 0 ? packet : packet.subarray(0, at - 1);
}

type Meddling = 'leaves the info of an answer out' | 'has found rows counted';

/** A proxy of the protocol, as some stand in front of servers. Answers the address through it. */
async function proxied(url: string, meddling: Meddling): Promise<string> {
  const { port, hostname } = new URL(url);
  const sockets = new Set<net.Socket>();
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), hostname);
    let greeted = false;
    near.on('data', (chunk) => {
      // The first that a client says begins with what it can.
      if (!greeted && meddling === 'has found rows counted') chunk[headerBytes] = (chunk[headerBytes] ?? 0) | foundRows;
      greeted = true;
      far.write(chunk);
    });
    const passed = packetChanger(withoutInfo);
    far.on('data', (chunk) => near.write(meddling === 'has found rows counted' ? chunk : passed(chunk)));
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => other.destroy());
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String((server.address() as net.AddressInfo).port);
  return through.href;
}

const keys = ['a', 'b', 'c', 'd'];
const all = (make: (id: string) => Mutation): Mutation[] => keys.map(make);

/** Registers the tests. */
export function passedOver(server: ServerForFile): void {
  test.for<Meddling>(['leaves the info of an answer out', 'has found rows counted'])(
    'deleted rows stay away, and puts pass patches, behind a proxy that %s',
    async (meddling, context) => {
      const url = await server.database(context);
      const [orders, patched] = [target('orders'), target('patched', { patches: true })];
      await withSink(sinkFor(await proxied(url, meddling)), async (sink) => {
        const table = await sink.table(orders, never);
        await table.write([remove(textKey('a'), at(20)), remove(textKey('b'), at(20)), put(textKey('c'), at(20), {})], never);
        await table.write(
          ['a', 'b'].map((id) => put(textKey(id), at(10), {})),
          never,
        );
        await table.write(
          ['a', 'c'].map((id) => put(textKey(id), at(10), {})),
          never,
        );
        expect((await storedRows(url, orders)).map(({ key, version }) => [...key, version.time])).toEqual([['c', 20]]);
        const other = await sink.table(patched, never);
        await other.write(
          all((id) => put(textKey(id), at(10), { n: 10 })),
          never,
        );
        await other.write(
          ['c', 'd'].map((id) => patch(textKey(id), at(12), { m: 1 })),
          never,
        );
        await other.write(
          all((id) => put(textKey(id), at(30), { n: 30 })),
          never,
        );
        expect((await storedRows(url, patched)).map(({ key, version }) => [...key, version.time])).toEqual(keys.map((id) => [id, 30]));
      });
    },
  );

  test('a row that a soft delete left is under its tombstone once deletes are hard: a late put does not raise it', async (context) => {
    const url = await server.database(context);
    const hard = target('orders');
    await withSink(sinkFor(url), async (sink) => {
      const soft = await sink.table({ ...hard, deletes: 'soft' }, never);
      await soft.write([put(textKey('k'), at(10), {})], never);
      await soft.write([remove(textKey('k'), at(20))], never);
      const table = await sink.table(hard, never);
      expect(await table.write([put(textKey('k'), at(15), {})], never)).toMatchObject({ applied: 0, superseded: 1 });
      expect(await storedRows(url, hard)).toEqual([]);
    });
  });
}
