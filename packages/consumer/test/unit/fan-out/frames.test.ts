// The gate in front of an event stream's frames.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FrameGate, gatedFrames } from '../../../src/fan-out/frames.ts';
import { eventFrame } from '../../support/fan-out-server-frames.ts';

async function* chunked(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let index = 0; at < bytes.byteLength; index += 1) {
    const end = at + (sizes[index % sizes.length] ?? bytes.byteLength);
    yield bytes.subarray(at, end);
    at = end;
  }
}

/** Lets everything through, and writes down what it was asked for when so many bytes had passed. */
function watchedGate() {
  const asked: { frameBytes: number; passed: number }[] = [];
  const passed: Uint8Array[] = [];
  let heard = 0;
  const count = (): number => passed.reduce((sum, part) => sum + part.byteLength, 0);
  const gate: FrameGate = {
    heard: () => {
      heard += 1;
    },
    async room(frameBytes) {
      asked.push({ frameBytes, passed: count() });
    },
  };
  return { gate, asked, heard: () => heard, passed, count };
}

async function passing(bytes: Uint8Array, sizes: readonly number[]) {
  const watched = watchedGate();
  for await (const part of gatedFrames(chunked(bytes, sizes), watched.gate)) watched.passed.push(part);
  return watched;
}

const frames = fc.array(fc.string({ maxLength: 300 }), { minLength: 1, maxLength: 8 }).map((texts) => texts.map((text) => eventFrame({ continuation: text })));
const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });

describe('frames', () => {
  test('pass unchanged however they are chunked, each asked for with its length before its first byte', async () => {
    await fc.assert(
      fc.asyncProperty(frames, sizes, async (all, chunks) => {
        const { passed, asked, heard } = await passing(Buffer.concat(all), chunks);
        expect(Buffer.concat(passed).equals(Buffer.concat(all))).toBe(true);
        const before = all.map((_, index) => all.slice(0, index).reduce((sum, frame) => sum + frame.length, 0));
        expect(asked).toEqual(all.map((frame, index) => ({ frameBytes: frame.length, passed: before[index] })));
        expect(heard()).toBeGreaterThan(0);
      }),
    );
  });

  test('that end inside are no end in good order, wherever they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(frames, sizes, fc.nat(), async (all, chunks, cut) => {
        const last = all.at(-1) ?? Buffer.alloc(0);
        const whole = Buffer.concat(all);
        const missing = 1 + (cut % (last.length - 1));
        await expect(passing(whole.subarray(0, whole.length - missing), chunks)).rejects.toThrow(/ends inside a frame/);
      }),
    );
  });

  test('no byte of a frame passes while there is no room for it', async () => {
    const room = Promise.withResolvers<void>();
    const taken: Uint8Array[] = [];
    const frame = eventFrame({ continuation: '1' });
    const reading = (async () => {
      for await (const part of gatedFrames(chunked(frame, [10]), { heard: () => undefined, room: () => room.promise })) taken.push(part);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toEqual([]);
    room.resolve();
    await reading;
    expect(Buffer.concat(taken).equals(frame)).toBe(true);
  });

  test.each([
    ['shorter than what surrounds it', 15],
    ['longer than any event', 16 * 1024 * 1024 + 1],
    ['the letters of a JSON answer', 0x7b226d65],
  ])('a frame that claims to be %s is refused before there is room for it', async (_, length) => {
    const head = Buffer.alloc(12);
    head.writeUInt32BE(length);
    const watched = watchedGate();
    await expect(gatedFrames(chunked(head, [12]), watched.gate).next()).rejects.toThrow(/no frame/);
    expect(watched.asked).toEqual([]);
  });

  test('a refusal of the gate goes to whoever reads', async () => {
    const gate: FrameGate = { heard: () => undefined, room: () => Promise.reject(new Error('closed')) };
    await expect(gatedFrames(chunked(eventFrame({}), [50]), gate).next()).rejects.toThrow('closed');
  });
});
