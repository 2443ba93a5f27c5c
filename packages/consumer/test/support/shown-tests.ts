// Whether the text of a file has a test of some title that runs. It reads no file, and knows the house's layout only: what is indented
// more belongs to what is above it and indented less.

const indentOf = (line: string): number => line.length - line.trimStart().length;

const isComment = (line: string): boolean => /^\s*(\/\/|\/?\*)/.test(line);

/** A quoted text that the title is in. */
function names(line: string, title: string): boolean {
  const at = line.indexOf(title);
  return at > 0 && !isComment(line) && /['"`]/.test(line.slice(0, at)) && /['"`]/.test(line.slice(at + title.length));
}

/** The line itself, and those that begin what it is in, from the inside out. */
function headsOf(lines: readonly string[], at: number): readonly string[] {
  const heads = [lines[at] ?? ''];
  let indent = indentOf(heads[0] ?? '');
  for (let above = at - 1; above >= 0 && indent > 0; above -= 1) {
    const line = lines[above] ?? '';
    if (line.trim() === '' || indentOf(line) >= indent) continue;
    heads.push(line);
    indent = indentOf(line);
  }
  return heads;
}

const call = /^\s*(?:(?:test|it|describe)((?:\.\w+)*)[(<]|x(?:it|test|describe)\()/;
const notRun = /\.(?:skip|skipIf|runIf|todo|fails)\b/;

/** Undefined: it begins no test. */
function runs(head: string): boolean | undefined {
  const begun = call.exec(head);
  if (begun === null) return undefined;
  const [, modifiers] = begun;
  return modifiers !== undefined && !notRun.test(modifiers) && !/\b(?:skip|todo|fails): /.test(head);
}

/** Where the title is in a table by name, its tests are those over that table. */
function overTable(lines: readonly string[], heads: readonly string[]): readonly number[] {
  const [, table] = /^const (\w+)/.exec(heads.at(-1) ?? '') ?? [];
  if (table === undefined) return [];
  return lines.flatMap((line, at) => (new RegExp(`\\.each\\(${table}\\)`).test(line) ? at : []));
}

/** True: the file has a test of that title, or a group or a case, and neither it nor what it is in is left out. */
export function isShown(file: string, title: string): boolean {
  const lines = file.split('\n');
  return lines.some((line, at) => {
    if (!names(line, title)) return false;
    const own = headsOf(lines, at);
    return [own, ...overTable(lines, own).map((other) => headsOf(lines, other))].some((heads) => {
      const found = heads.map(runs);
      return found.includes(true) && !found.includes(false);
    });
  });
}
