// An item in the text of a record as plain JSON text, in one pass: what lies between the type tags is copied as it stands, unless
// plain JSON writes it otherwise. The item was gone over by `image.ts`: nothing is checked.

import { hadEscape, load, pastString, stopAfter, units } from '../../scan/units.ts';
import type { TextPolicy } from '../../types.ts';
import { closeBrace, closeBracket, doubleQuote, smallT } from '../../values/characters.ts';
import { numberJson } from '../../values/numbers.ts';
import { compareBytewise } from '../../values/order.ts';
import { keepsColumns, storedNames } from '../../values/text.ts';
import { numberSetJson, textSetJson } from '../text.ts';
import { type Cuts, cutJson } from './cuts.ts';
import { isPlainNumber, pastNumberText, tagL, tagM, tagN, toSet, toValue, toWord } from './image.ts';

/** What was written, and from where on the text is still to be copied. */
interface Pen {
  readonly text: string;
  readonly numbers: TextPolicy['numbers'];
  written: string;
  from: number;
}

/** Copies up to `to` and goes on at `from`. */
function cut(pen: Pen, to: number, from: number): void {
  if (to > pen.from) pen.written += pen.text.slice(pen.from, to);
  pen.from = from;
}

/** Copies up to `to`, writes this, and goes on at `from`. */
function put(pen: Pen, to: number, json: string, from: number): void {
  cut(pen, to, from);
  pen.written += json;
}

/** The string whose quotation mark is at `value`, of the attribute at `at`. */
function writeString(pen: Pen, at: number, value: number): number {
  const end = pastString(value);
  if (hadEscape(value)) {
    // One way to write each character: `\/` and `\u0041` are no escapes of plain JSON.
    put(pen, at, JSON.stringify(JSON.parse(pen.text.slice(value, end))), end + 1);
  } else {
    cut(pen, at, value);
    cut(pen, end, end + 1);
  }
  return end + 1;
}

function writeNumber(pen: Pen, at: number, value: number): number {
  const { text } = pen;
  const end = pastNumberText(text, value);
  if (isPlainNumber(value + 1, end - 1)) {
    cut(pen, at, value + 1);
    cut(pen, end - 1, end + 1);
  } else {
    put(pen, at, numberJson(text.slice(value + 1, end - 1), pen.numbers), end + 1);
  }
  return end + 1;
}

function writeWord(pen: Pen, at: number): number {
  const end = at + toWord + (units[at + toWord] === smallT ? 4 : 5);
  if (units[at + 2] === tagN) {
    put(pen, at, 'null', end + 1);
  } else {
    cut(pen, at, at + toWord);
    cut(pen, end, end + 1);
  }
  return end + 1;
}

/** The strings of the list at `at`, and where it ends; without their quotation marks, but `isRaw` only where that is all they need. */
interface Members {
  readonly raw: string[];
  readonly isRaw: boolean;
  readonly end: number;
}

function membersAt({ text }: Pen, at: number): Members {
  const raw: string[] = [];
  let isRaw = true;
  let end = at + 1;
  if (units[end] === closeBracket) return { raw, isRaw, end: end + 1 };
  while (units[end - 1] !== closeBracket) {
    const past = pastString(end);
    isRaw &&= !hadEscape(end);
    raw.push(text.slice(end + 1, past - 1));
    end = past + 1;
  }
  return { raw, isRaw, end };
}

function writeSet(pen: Pen, at: number): number {
  const { text } = pen;
  const { raw, isRaw, end } = membersAt(pen, at + toSet);
  if (units[at + 2] === tagN) put(pen, at, numberSetJson(raw, pen.numbers), end + 1);
  else if (!isRaw) put(pen, at, textSetJson(JSON.parse(text.slice(at + toSet, end))), end + 1);
  else put(pen, at, raw.length === 0 ? '[]' : `["${raw.sort(compareBytewise).join('","')}"]`, end + 1);
  return end + 1;
}

function writeList(pen: Pen, at: number): number {
  cut(pen, at, at + toValue);
  let end = at + toValue + 1;
  if (units[end] === closeBracket) end += 1;
  else while (units[end - 1] !== closeBracket) end = writeAttribute(pen, end) + 1;
  cut(pen, end, end + 1);
  return end + 1;
}

/** Past the map whose brace is at `at`. */
function writeMap(pen: Pen, at: number): number {
  let end = at + 1;
  if (units[end] === closeBrace) return end + 1;
  while (units[end - 1] !== closeBrace) end = writeAttribute(pen, stopAfter(end + 1) + 2) + 1;
  return end;
}

/** Past the attribute at `at`. */
function writeAttribute(pen: Pen, at: number): number {
  const isLetter = units[at + 3] === doubleQuote;
  const tag = units[at + 2];
  if (!isLetter) return units[at + 4] === doubleQuote ? writeSet(pen, at) : writeWord(pen, at);
  if (tag === tagN) return writeNumber(pen, at, at + toValue);
  if (tag === tagL) return writeList(pen, at);
  if (tag !== tagM) return writeString(pen, at, at + toValue);
  cut(pen, at, at + toValue);
  const end = writeMap(pen, at + toValue);
  cut(pen, end, end + 1);
  return end + 1;
}

/** The item's attributes as plain JSON each, by name. No name is of digits alone: they stay in order. */
function attributeTexts(pen: Pen): Readonly<Record<string, string>> {
  const texts: Record<string, string> = Object.create(null);
  let end = 1;
  while (units[end] === doubleQuote) {
    const close = stopAfter(end + 1);
    pen.written = '';
    pen.from = close + 2;
    const next = writeAttribute(pen, close + 2) + 1;
    texts[pen.text.slice(end + 1, close)] = pen.written;
    end = next;
  }
  return texts;
}

function renamedJson(texts: Readonly<Record<string, string>>, policy: TextPolicy): string {
  // As for a parsed item: of two attributes that get one name the last stays, and digits come first.
  const stored = Object.fromEntries(storedNames(Object.keys(texts), policy).map(([name, as]) => [as, texts[name] ?? 'null']));
  return `{${Object.entries(stored)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join(',')}}`;
}

/** The item as a JSON object, in the source's order of attributes. `cuts`: what makes it plain JSON, where that is known and enough. */
export function itemJson(item: string, cuts: Cuts | undefined, policy: TextPolicy): string {
  const isWhole = keepsColumns(policy);
  if (isWhole && cuts !== undefined) return cutJson(item, cuts);
  load(item);
  const pen: Pen = { text: item, numbers: policy.numbers, written: '', from: 0 };
  if (!isWhole) return renamedJson(attributeTexts(pen), policy);
  const end = writeMap(pen, 0);
  cut(pen, end, end);
  return pen.written;
}
