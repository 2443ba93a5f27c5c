// A Dockerfile as its instructions, and what a .dockerignore leaves of a path. It builds nothing and knows no image.

export interface Instruction {
  readonly word: string;
  /** With continued lines joined, comments dropped. */
  readonly rest: string;
  /** The words, where they are written as a JSON list: what runs without a shell. */
  readonly exec?: readonly string[];
}

export interface Stage {
  readonly image: string;
  readonly name?: string;
  readonly instructions: readonly Instruction[];
}

function instructionsOf(text: string): readonly Instruction[] {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  return lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, word = '', rest = ''] = /^\s*(\w+)\s+(.*)$/.exec(line) ?? [];
      return rest.startsWith('[') ? { word: word.toUpperCase(), rest, exec: JSON.parse(rest) as readonly string[] } : { word: word.toUpperCase(), rest };
    });
}

/** Throws where something stands before the first FROM. */
export function stagesOf(text: string): readonly Stage[] {
  const stages: { image: string; name?: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsOf(text)) {
    if (instruction.word === 'FROM') {
      const [, image = '', name] = /^(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?$/i.exec(instruction.rest) ?? [];
      stages.push({ image, ...(name === undefined ? {} : { name }), instructions: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (stage === undefined) throw new Error(`${instruction.word} stands before the first FROM`);
    stage.instructions.push(instruction);
  }
  return stages;
}

/** `NAME=value` and `NAME="value with blanks"` of the ENV lines. */
export function environmentOf({ instructions }: Stage): Readonly<Record<string, string>> {
  const pairs = instructions.filter(({ word }) => word === 'ENV').flatMap(({ rest }) => [...rest.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)]);
  return Object.fromEntries(pairs.map(([, name, quoted, plain]) => [name, quoted ?? plain ?? '']));
}

function patternOf(line: string): RegExp {
  const source = line.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll(/\*\*\/|\*/g, (stars) => (stars === '*' ? '[^/]*' : '(?:.*/)?'));
  return new RegExp(`^${source}(?:/.*)?$`);
}

/** Whether a build can see the path; the last line that fits decides. */
export function isInContext(ignore: string, path: string): boolean {
  const lines = ignore.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const last = lines.findLast((line) => patternOf(line.replace(/^!/, '')).test(path));
  return last === undefined || last.startsWith('!');
}
