// What was decoded as JSON lines for people and tools: the lines of `shardfold decode`. It knows no format and prints nothing.
import type { ChangeEvent, Decoded, TextPolicy } from './types.ts';
import { fieldsToJson } from './values/text.ts';

const exactly: TextPolicy = { numbers: 'exact', drop: [], rename: {} };

/** Absent parts are undefined and left out; the others are JSON already. */
function objectJson(parts: readonly (readonly [name: string, json: string | undefined])[]): string {
  return `{${parts.flatMap(([name, json]) => (json === undefined ? [] : [`"${name}":${json}`])).join(',')}}`;
}

function describeEvent(event: ChangeEvent): string {
  const { system, database, schema, table } = event.source;
  const source = JSON.stringify({ system, database, schema, table });
  const version = JSON.stringify({ time: event.version.time, seq: event.version.seq });
  if (event.kind === 'truncate')
    return objectJson([
      ['kind', '"truncate"'],
      ['source', source],
      ['version', version],
    ]);
  return objectJson([
    ['kind', JSON.stringify(event.kind)],
    ['source', source],
    ['key', event.key && fieldsToJson(event.key, exactly)],
    ['after', event.after?.json(exactly)],
    ['before', event.before?.json(exactly)],
    ['unknown', event.unknown && JSON.stringify(event.unknown)],
    ['version', version],
  ]);
}

/** One JSON line (without its line end) per change, or one that says why there is none. Every digit of every number is there. */
export function describeDecoded(decoded: Decoded): readonly string[] {
  if (decoded.kind === 'changes') return decoded.events.map(describeEvent);
  if (decoded.kind === 'ignored') return [JSON.stringify({ kind: 'ignored', reason: decoded.reason })];
  const { code, message } = decoded.error;
  return [JSON.stringify({ kind: 'undecodable', error: { code, message } })];
}
