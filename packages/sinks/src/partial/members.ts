// A JSON object's members as texts, and put together again: values are moved, never read, so that no digit is lost. It knows
// nothing of rows.

export type Members = ReadonlyMap<string, string>;

const quote = 34;
const backslash = 92;
const openers = new Set([91, 123]);
const closers = new Set([93, 125]);
const comma = 44;
const colon = 58;

/** The index after a string that begins at `at`. */
function stringEnd(text: string, at: number): number {
  let index = at + 1;
  while (index < text.length && text.charCodeAt(index) !== quote) index += text.charCodeAt(index) === backslash ? 2 : 1;
  return index + 1;
}

/** The index of the comma or bracket that ends a value which begins at `at`. */
function valueEnd(text: string, at: number): number {
  let depth = 0;
  let index = at;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === quote) {
      index = stringEnd(text, index);
      continue;
    }
    if (openers.has(code)) depth += 1;
    else if (depth === 0 && (code === comma || closers.has(code))) return index;
    else if (closers.has(code)) depth -= 1;
    index += 1;
  }
  return index;
}

/** Of valid JSON text; of a name that comes twice the last stays, as JSON readers do. Text that is no object has no members. */
export function membersOf(json: string): Members {
  const members = new Map<string, string>();
  const start = json.search(/\S/);
  if (start === -1 || json[start] !== '{') return members;
  let at = start + 1;
  while (at < json.length) {
    const nameStart = json.indexOf('"', at);
    if (nameStart === -1) break;
    const nameEnd = stringEnd(json, nameStart);
    let valueStart = nameEnd;
    while (json.charCodeAt(valueStart) !== colon && valueStart < json.length) valueStart += 1;
    const end = valueEnd(json, valueStart + 1);
    members.set(String(JSON.parse(json.slice(nameStart, nameEnd))), json.slice(valueStart + 1, end).trim());
    at = end + 1;
  }
  return members;
}

export function objectText(members: Members): string {
  return `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}
