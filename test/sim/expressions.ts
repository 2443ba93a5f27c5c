// Reads the part of DynamoDB's expression language that lease writes use, once for each distinct text. What it does not know it
// refuses loudly, so that a new write of the lease package cannot pass by chance. It knows no lease.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Item = Readonly<Record<string, AttributeValue>>;
export type Values = Readonly<Record<string, AttributeValue>>;

export type Test = (item: Item, values: Values) => boolean;

/** A condition as its parts that must all hold. */
export interface ReadCondition {
  readonly texts: readonly string[];
  readonly conjuncts: readonly Test[];
}

/** Makes the item that an update leaves behind. */
export type ReadUpdate = (item: Item, values: Values) => Item;

type Operand = (item: Item, values: Values) => AttributeValue | undefined;

const tokenPattern = /\s*(<>|<=|>=|[=<>(),+-]|[:#]?[A-Za-z_][A-Za-z0-9_]*)/y;
const maxTexts = 1000;

interface Tokens {
  readonly text: string;
  peek(): string | undefined;
  next(): string;
  /** Takes the token if it is next. */
  accept(token: string): boolean;
}

function tokensOf(text: string): Tokens {
  const all: string[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.trimEnd().length) {
    const found = tokenPattern.exec(text);
    if (found?.[1] === undefined) throw new Error(`The simulated table cannot read the expression '${text}'.`);
    all.push(found[1]);
  }
  let at = 0;
  const next = (): string => {
    const token = all[at];
    if (token === undefined) throw new Error(`The expression '${text}' ends too early.`);
    at += 1;
    return token;
  };
  const accept = (token: string): boolean => {
    if (all[at]?.toUpperCase() !== token.toUpperCase()) return false;
    at += 1;
    return true;
  };
  return { text, peek: () => all[at], next, accept };
}

function expectToken(tokens: Tokens, token: string): void {
  if (!tokens.accept(token)) throw new Error(`Expected '${token}' before '${tokens.peek() ?? 'the end'}' in '${tokens.text}'.`);
}

export function sameValue(left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if (left.S !== undefined || right.S !== undefined) return left.S === right.S;
  if (left.N !== undefined || right.N !== undefined) return left.N !== undefined && right.N !== undefined && Number(left.N) === Number(right.N);
  return JSON.stringify(left) === JSON.stringify(right);
}

function numberIn(value: AttributeValue | undefined, text: string): bigint {
  if (value?.N === undefined) throw new Error(`The simulated table counts with whole numbers only, in '${text}'.`);
  return BigInt(value.N);
}

const comparisons: Readonly<Record<string, (left: AttributeValue | undefined, right: AttributeValue | undefined) => boolean>> = {
  '=': (left, right) => left !== undefined && sameValue(left, right),
  '<>': (left, right) => left !== undefined && !sameValue(left, right),
  '<': (left, right) => Number(left?.N) < Number(right?.N),
  '<=': (left, right) => Number(left?.N) <= Number(right?.N),
  '>': (left, right) => Number(left?.N) > Number(right?.N),
  '>=': (left, right) => Number(left?.N) >= Number(right?.N),
};

function readOperand(tokens: Tokens): Operand {
  const name = tokens.next();
  if (name === 'if_not_exists') {
    expectToken(tokens, '(');
    const attribute = tokens.next();
    expectToken(tokens, ',');
    const otherwise = readOperand(tokens);
    expectToken(tokens, ')');
    return (item, values) => item[attribute] ?? otherwise(item, values);
  }
  if (/^[#(),]/.test(name)) throw new Error(`The simulated table reads no '${name}' in '${tokens.text}'.`);
  return name.startsWith(':') ? (_item, values) => given(values, name) : (item) => item[name];
}

function given(values: Values, name: string): AttributeValue {
  const value = values[name];
  if (value === undefined) throw new Error(`The value ${name} was not given.`);
  return value;
}

function readTerm(tokens: Tokens): Test {
  if (tokens.accept('NOT')) {
    const inner = readTerm(tokens);
    return (item, values) => !inner(item, values);
  }
  if (tokens.accept('(')) {
    const inner = readAny(tokens);
    expectToken(tokens, ')');
    return inner;
  }
  for (const [word, wanted] of [
    ['attribute_exists', true],
    ['attribute_not_exists', false],
  ] as const) {
    if (!tokens.accept(word)) continue;
    expectToken(tokens, '(');
    const name = tokens.next();
    expectToken(tokens, ')');
    return (item) => (item[name] !== undefined) === wanted;
  }
  const left = readOperand(tokens);
  const sign = tokens.next();
  const compare = comparisons[sign];
  if (compare === undefined) throw new Error(`The simulated table does not know '${sign}' in '${tokens.text}'.`);
  const right = readOperand(tokens);
  return (item, values) => compare(left(item, values), right(item, values));
}

function readAll(tokens: Tokens): Test[] {
  const terms = [readTerm(tokens)];
  while (tokens.accept('AND')) terms.push(readTerm(tokens));
  return terms;
}

function readAny(tokens: Tokens): Test {
  const groups = [readAll(tokens)];
  while (tokens.accept('OR')) groups.push(readAll(tokens));
  return (item, values) => groups.some((group) => group.every((test) => test(item, values)));
}

/** The text of each part, split at the outermost ANDs. */
function conjunctTexts(text: string): string[] {
  const texts: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { 0: token, index } of text.matchAll(/[()]|\bAND\b/g)) {
    if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    else if (depth === 0) {
      texts.push(text.slice(from, index).trim());
      from = index + token.length;
    }
  }
  return [...texts, text.slice(from).trim()];
}

function parseCondition(text: string): ReadCondition {
  const tokens = tokensOf(text);
  const conjuncts = readAll(tokens);
  if (tokens.peek() === undefined) return { texts: conjunctTexts(text), conjuncts };
  // An OR outside: one part.
  const whole = tokensOf(text);
  const test = readAny(whole);
  if (whole.peek() !== undefined) throw new Error(`The simulated table cannot read '${text}' to its end.`);
  return { texts: [text], conjuncts: [test] };
}

type Action = (before: Item, after: Record<string, AttributeValue>, values: Values) => void;

function readSet(tokens: Tokens): Action {
  const name = tokens.next();
  expectToken(tokens, '=');
  let operand = readOperand(tokens);
  for (const sign of ['+', '-'] as const) {
    if (!tokens.accept(sign)) continue;
    const [left, right] = [operand, readOperand(tokens)];
    const factor = sign === '+' ? 1n : -1n;
    operand = (item, values) => ({ N: String(numberIn(left(item, values), tokens.text) + factor * numberIn(right(item, values), tokens.text)) });
  }
  return (before, after, values) => {
    const value = operand(before, values);
    if (value === undefined) throw new Error(`'${tokens.text}' sets ${name} to an attribute that is not there.`);
    after[name] = value;
  };
}

const sections: Readonly<Record<string, (tokens: Tokens) => Action>> = {
  SET: readSet,
  ADD(tokens) {
    const name = tokens.next();
    const operand = readOperand(tokens);
    return (before, after, values) => {
      after[name] = { N: String(numberIn(before[name] ?? { N: '0' }, tokens.text) + numberIn(operand(before, values), tokens.text)) };
    };
  },
  REMOVE(tokens) {
    const name = tokens.next();
    return (_before, after) => void delete after[name];
  },
};

function parseUpdate(text: string): ReadUpdate {
  const tokens = tokensOf(text);
  const actions: Action[] = [];
  while (tokens.peek() !== undefined) {
    const word = tokens.next();
    const read = sections[word.toUpperCase()];
    if (read === undefined) throw new Error(`The simulated table does not know '${word}' in '${text}'.`);
    do actions.push(read(tokens));
    while (tokens.accept(','));
  }
  return (item, values) => {
    const after = { ...item };
    for (const action of actions) action(item, after, values);
    return after;
  };
}

/** Keeps what was read of each text; there are as many texts as there are kinds of writes. */
function once<Read>(read: (text: string) => Read): (text: string) => Read {
  const known = new Map<string, Read>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size >= maxTexts) throw new Error(`More than ${maxTexts} different expressions: are values spelt out in them?`);
    const answer = read(text);
    known.set(text, answer);
    return answer;
  };
}

export const readCondition = once(parseCondition);
export const readUpdate = once(parseUpdate);
