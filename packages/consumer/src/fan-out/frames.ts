// Where the frames of an event stream begin, and how long they are: a body is let through frame by frame, so that no byte of a
// frame is taken before there is room for all of it. It decodes nothing.

/** A prelude, its checksum and the frame's checksum. */
const frameBytesMin = 16;
/** An event holds 2 MB of records, which are longer in JSON. What claims to be longer than this is not an event stream. */
const frameBytesMax = 16 * 1024 * 1024;
const lengthBytes = 4;

export interface FrameGate {
  /** Called with everything that arrives. */
  heard(): void;
  /** Called before a frame is let through; waits until there is room for it. */
  room(frameBytes: number): Promise<void>;
}

/** Throws for a frame of an impossible length or one that is cut, and what the gate throws. */
export async function* gatedFrames(body: AsyncIterable<Uint8Array>, gate: FrameGate): AsyncGenerator<Uint8Array> {
  /** What is still to come of the frame that is under way. */
  let missing = 0;
  /** The beginning of a frame whose length is not all there yet. */
  let head: Uint8Array = new Uint8Array(0);
  for await (const chunk of body) {
    gate.heard();
    let rest = head.byteLength === 0 ? chunk : Buffer.concat([head, chunk]);
    head = new Uint8Array(0);
    while (rest.byteLength > 0) {
      if (missing === 0) {
        if (rest.byteLength < lengthBytes) {
          head = rest;
          break;
        }
        missing = frameLength(rest);
        await gate.room(missing);
      }
      const part = rest.subarray(0, missing);
      missing -= part.byteLength;
      rest = rest.subarray(part.byteLength);
      yield part;
    }
  }
  // The SDK takes a cut inside the length for an end in good order.
  if (missing > 0 || head.byteLength > 0) throw new Error('the answer ends inside a frame');
}

function frameLength(head: Uint8Array): number {
  const length = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0);
  if (length < frameBytesMin || length > frameBytesMax) throw new Error(`a frame of ${length} bytes is no frame of an event stream`);
  return length;
}
