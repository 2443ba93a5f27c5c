// The servers' types: which ones columns are made of, and which ones that are there serve as well. It binds no value.
import { digitsOfNumber, isWithin } from '../columns/exact.ts';
import type { SqlTypes } from '../sql/dialect.ts';
import type { KeyColumn } from '../sql/shape.ts';
import type { Flavor } from './flavor.ts';
import { fitsNumber } from './numbers.ts';
import { holdsOther } from './other-types.ts';

/** What InnoDB takes for an index, and what a character may take of it. */
const maxIndexBytes = 3_072;
const maxCharacterBytes = 4;
/** A number key in its one plain text: as many digits as any source sends; ASCII, a byte each. */
const maxNumberKeyLength = 255;
const fixedKeyBytes = { number: maxNumberKeyLength, integer: 8, boolean: 1 } as const;

/**
 * A key's texts and bytes share what one index takes; the first gets twice the share of each of the others: DynamoDB's partition
 * key is twice as long as its sort key.
 */
function shareBytes(key: readonly KeyColumn[], at: number): number {
  const rest = key.reduce((bytes, { type }) => bytes - (type === 'text' || type === 'binary' ? 0 : fixedKeyBytes[type]), maxIndexBytes);
  const variable = key.filter(({ type }) => type === 'text' || type === 'binary');
  if (variable.length === 1) return rest;
  return Math.floor((rest * (key[at] === variable[0] ? 2 : 1)) / (variable.length + 1));
}

function textType(length: number, { collation }: Flavor): string {
  return `varchar(${length}) character set utf8mb4 collate ${collation}`;
}

/** A column of a key: how long it may be depends on the others. */
export function keyType(flavor: Flavor, key: readonly KeyColumn[], at: number): string {
  const type = key[at]?.type ?? 'text';
  if (type === 'text') return textType(Math.floor(shareBytes(key, at) / maxCharacterBytes), flavor);
  return type === 'binary' ? `varbinary(${shareBytes(key, at)})` : mysqlTypes(flavor).key[type].ddl;
}

const anyNumber = /^((tinyint|smallint|mediumint|int|bigint)(\(\d+\))?( unsigned)?|decimal\(\d+,\d+\)( unsigned)?)$/;
/** Without padding and byte for byte, else two keys of the source were one here. */
const exactText = /^varchar\(\d+\) collate \w+_(nopad|0900)_bin$/;
const bytes = /^varbinary\(\d+\)$/;

const characters = /^(var)?char\((\d+)\)/;
const textBytes: Readonly<Record<string, number>> = { tinytext: 255, text: 65_535, mediumtext: 16_777_215 };

/** Of a text that is too long the server cuts spaces off, and of a short CHAR all of them. */
function fitsText(type: string, text: string): boolean {
  const [, varying, length] = characters.exec(type) ?? [];
  if (length !== undefined) return isWithin(text, Number(length)) && (varying !== undefined || !text.endsWith(' '));
  const maxBytes = textBytes[type];
  return maxBytes === undefined || Buffer.byteLength(text) <= maxBytes;
}

const varying = /^varchar\((\d+)\)/;

/** A text that is too long is refused, unless by its spaces alone: those are cut off with no more than a warning, in strict mode too. */
function keepsSpaces(declared: string, text: string): boolean {
  const length = varying.exec(declared)?.[1];
  return length === undefined || !text.endsWith(' ') || isWithin(text, Number(length));
}

export function mysqlTypes(flavor: Flavor): SqlTypes {
  const { collation, product } = flavor;
  const json = { ddl: 'json', fits: product === 'MariaDB' ? /^(json$|longtext\b)/ : /^json$/ };
  const longText = `longtext character set utf8mb4 collate ${collation}`;
  return {
    key: {
      text: { ddl: textType(maxIndexBytes / maxCharacterBytes, flavor), fits: new RegExp(`${exactText.source}|${bytes.source}`) },
      // No numeric type holds 38 digits before the point and 38 behind it.
      number: {
        ddl: `varchar(${maxNumberKeyLength}) character set ascii collate ascii_bin`,
        fits: new RegExp(`${anyNumber.source}|^varchar\\(\\d+\\) collate ascii_bin$|${exactText.source}`),
      },
      integer: { ddl: 'bigint', fits: anyNumber },
      binary: { ddl: `varbinary(${maxIndexBytes})`, fits: bytes },
      boolean: { ddl: 'boolean', fits: /^tinyint\(1\)$/ },
    },
    kinds: { boolean: 'boolean', integer: 'bigint', number: 'decimal(65,30)', text: longText, binary: 'longblob', json: 'json' },
    document: json,
    time: { ddl: 'bigint', fits: /^bigint(\(\d+\))?$/ },
    seq: { ddl: 'decimal(65,0)', fits: /^decimal\(65,0\)$/ },
    deleted: { ddl: 'boolean', fits: /^tinyint\(1\)$/ },
    json,
    timestamp: { ddl: 'datetime(3)', fits: /^(datetime|timestamp)(\(\d\))?$/ },
    name: textType(maxIndexBytes / maxCharacterBytes, flavor),
    text: longText,
    bytes: 'longblob',
    integer: 'bigint',
    kindOf(type) {
      if (type === 'tinyint(1)') return 'boolean';
      if (type === 'bit(1)') return 'boolean';
      if (/^bigint(\(\d+\))?$/.test(type)) return 'integer';
      // Unsigned ones among them, which hold more than an integer is here: what each of them holds is asked beside.
      if (/^(tinyint|smallint|mediumint|int|bigint|bit|decimal|float|double)\b/.test(type)) return 'number';
      if (/^((var)?char|(tiny|medium|long)?text)\b/.test(type)) return 'text';
      if (/^(varbinary|(tiny|medium|long)?blob)\b/.test(type)) return 'binary';
      return type === 'json' ? 'json' : 'other';
    },
    holds: (type, value) => {
      const held = holdsOther(type, value);
      if (held !== undefined) return held;
      const digits = digitsOfNumber(value);
      if (digits !== undefined) return fitsNumber(type, digits);
      return typeof value !== 'string' || fitsText(type, value);
    },
    holdsKey: (declared, value) => typeof value !== 'string' || keepsSpaces(declared, value),
    made: /^(tinyint\(1\)|bigint(\(20\))?|decimal\(65,30\)|longtext|longblob|json)$/,
  };
}
