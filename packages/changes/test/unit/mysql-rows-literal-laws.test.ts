// Laws of the reader of literals: it reads back what repr and JSON write, and says of all other text why not.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cursorOf, LiteralFault } from '../../src/mysql-rows/cursor.ts';
import { readValue } from '../../src/mysql-rows/literal.ts';
import { ExactNumber, type Value, ValueSet } from '../../src/types.ts';
import { read } from '../support/literals.ts';

const nul = String.fromCharCode(0);

/** Writes as Python's repr does. */
function repr(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return reprText(value);
  if (value instanceof ExactNumber) return `Decimal('${value.digits}')`;
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return `b'${[...value].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'`;
  if (value instanceof ValueSet) return value.values.length === 0 ? 'set()' : `{${value.values.map(repr).join(', ')}}`;
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([name, inner]) => `${reprText(name)}: ${repr(inner)}`)
    .join(', ')}}`;
}

function reprText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = [...text].map((character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '\\' || character === quote) return `\\${character}`;
    if (code < 0x20 || (code >= 0x7f && code < 0xa1)) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code >= 0xd800 && code < 0xe000 ? `\\u${code.toString(16)}` : character;
  });
  return `${quote}${body.join('')}${quote}`;
}

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom('__proto__', "O'Brien", `'"\\`, nul, 'x'.repeat(70)));
const { value: values } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((whole) => whole + 0),
    fc.bigInt({ min: 2n ** 60n, max: 2n ** 200n }),
    fc.bigInt({ min: 10n ** 38n, max: 10n ** 40n }).map((digits) => new ExactNumber(`0.${digits}1`)),
    text,
    fc.uint8Array({ maxLength: 8 }),
    fc.uniqueArray(text, { maxLength: 3 }).map((members) => new ValueSet(members)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 4 }).map((fields) => {
      const dict: { [name: string]: Value } = Object.create(null);
      for (const [name, inner] of fields) dict[name] = inner;
      return dict;
    }),
  ),
}));

describe('laws', () => {
  it('reads what repr writes', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(read(repr(value))).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it('reads JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (json) => {
        const plain = JSON.stringify(JSON.parse(json, (_, value: unknown) => (typeof value === 'number' && !Number.isSafeInteger(value) ? 0.5 : value)));
        expect(JSON.parse(JSON.stringify(read(plain)))).toEqual(JSON.parse(plain));
      }),
      { numRuns: 500 },
    );
  });

  it('reads text or says why not', () => {
    const noise = fc.string({ unit: fc.constantFrom(...`{}[]()'",:\\ bux0.1e-NTDdatetime.=`, 'Decimal(', 'datetime.date(', 'set()', 'None'), maxLength: 30 });
    fc.assert(
      fc.property(fc.oneof(noise, fc.string({ unit: 'binary' })), (written) => {
        try {
          readValue(cursorOf(written));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(LiteralFault);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
