// The oracle itself: numbers, order and comparison worked out by hand.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalDecimal } from '../../../../test/oracle/decimal.ts';
import { fold, type SentText } from '../../../../test/oracle/oracle.ts';
import { isObject, itemDifferences, parseExactly } from '../../../../test/oracle/plain-json.ts';

describe('canonicalDecimal', () => {
  test.each([
    ['1.50', '1.5'],
    ['15e-1', '1.5'],
    ['+1.5', '1.5'],
    ['007', '7'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['-0.00', '0'],
    ['1E3', '1000'],
    ['1.23e1', '12.3'],
    ['12.3e-4', '0.00123'],
    ['0.012e1', '0.12'],
    ['-9.99E+5', '-999000'],
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
  ])('%s is %s', (text, plain) => expect(canonicalDecimal(text)).toBe(plain));

  test.each(['', '-', '.', 'NaN', '1e', '0x1', '1e9999'])('refuses %j', (text) => expect(() => canonicalDecimal(text)).toThrow());

  test('moving the point by the exponent changes nothing', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }),
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: 0, max: 40 }),
        (digits, exponent, zeros) => {
          const same = `${digits}${'0'.repeat(zeros)}e${exponent - zeros}`;
          expect(canonicalDecimal(same)).toBe(canonicalDecimal(`${digits}e${exponent}`));
        },
      ),
    );
  });
});

interface Change {
  readonly key: string;
  readonly time: number;
  readonly value?: string;
}

/** One change of table `t`; no value means a removal. */
const change = ({ key, time, value }: Change): SentText => ({
  data: JSON.stringify({
    tableName: 't',
    eventName: value === undefined ? 'REMOVE' : 'MODIFY',
    dynamodb: {
      ApproximateCreationDateTime: time,
      ApproximateCreationDateTimePrecision: 'MICROSECOND',
      Keys: { id: { S: key } },
      ...(value === undefined ? {} : { NewImage: { id: { S: key }, v: { N: value } } }),
    },
  }),
});

const newestValue = (records: readonly SentText[]) => fold(records).get('t')?.get('{"id":{"S":"a"}}')?.item?.v;

describe('fold', () => {
  test('the newest wins, wherever it comes', () => {
    const [old, recent] = [change({ key: 'a', time: 1, value: '1' }), change({ key: 'a', time: 2, value: '2' })];
    expect(newestValue([old, recent])).toEqual({ N: '2' });
    expect(newestValue([recent, old])).toEqual({ N: '2' });
  });
  test('a removed row stays removed for what is older, not for what is newer', () => {
    const removed = change({ key: 'a', time: 2 });
    expect(newestValue([removed, change({ key: 'a', time: 1, value: '1' })])).toBeUndefined();
    expect(newestValue([change({ key: 'a', time: 3, value: '3' }), removed])).toEqual({ N: '3' });
  });
  test('equal times: the higher sequence number, by value and not by text', () => {
    const at = (value: string, sequence: string) => ({ ...change({ key: 'a', time: 1, value }), sequence });
    expect(newestValue([at('ten', '10'), at('nine', '9')])).toEqual({ N: 'ten' });
  });
  test.each([
    ['MICROSECOND', 1_700_000_000_000_001, 1_700_000_000_000_001n],
    ['MILLISECOND', 1_700_000_000_001, 1_700_000_000_001_000n],
    [undefined, 1_700_000_001, 1_700_000_001_000_000n],
    [undefined, 1_700_000_000_001, 1_700_000_000_001_000n],
    [undefined, 1_700_000_000_000_001, 1_700_000_000_000_001n],
  ])('times of precision %s: %d is %d µs', (precision, time, micros) => {
    const dynamodb = { ApproximateCreationDateTime: time, ApproximateCreationDateTimePrecision: precision, Keys: { id: { S: 'a' } } };
    const row = fold([{ data: JSON.stringify({ tableName: 't', eventName: 'REMOVE', dynamodb }) }])
      .get('t')
      ?.get('{"id":{"S":"a"}}');
    expect(row?.timeMicros).toBe(micros);
  });
  test('order and repetition change nothing', () => {
    const some = fc.record({ key: fc.constantFrom('a', 'b'), time: fc.integer({ min: 1, max: 20 }), value: fc.option(fc.constantFrom('1', '2')) });
    const history = fc.uniqueArray(some, { selector: ({ key, time }) => `${key}${time}`, maxLength: 30 });
    fc.assert(
      fc.property(
        history.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: 2 * all.length }))),
        ([all, shuffled]) => {
          const texts = (changes: typeof all) => changes.map(({ key, time, value }) => change({ key, time, ...(value === null ? {} : { value }) }));
          expect(summary(texts(shuffled))).toEqual(summary(texts(all)));
        },
      ),
    );
  });
});

const summary = (records: readonly SentText[]) => [...(fold(records).get('t') ?? [])].map(([key, row]) => [key, row.item, row.timeMicros]).sort();

describe('itemDifferences', () => {
  const item = {
    s: { S: 'x' },
    n: { N: '12345678901234567890123456789012345678' },
    b: { B: 'AAE=' },
    yes: { BOOL: true },
    nothing: { NULL: true },
    m: { M: { deep: { L: [{ N: '1.5' }, { S: '' }] } } },
    ss: { SS: ['b', 'a'] },
    ns: { NS: ['10', '9'] },
    bs: { BS: ['AQ==', 'AA=='] },
    __proto__x: { S: 'p' },
  };
  const good = `{"s":"x","n":12345678901234567890123456789012345678,"b":"AAE=","yes":true,"nothing":null,"m":{"deep":[1.50,""]},"ss":["a","b"],"ns":[9,10.0],"bs":["AA==","AQ=="],"__proto__x":"p"}`;
  const differences = (json: string) => {
    const parsed = parseExactly(json);
    if (!isObject(parsed)) throw new Error('no object');
    return itemDifferences(item, parsed).map((line) => line.split(':')[0]);
  };
  test('the same said in plain JSON', () => expect(differences(good)).toEqual([]));
  test.each([
    ['"s":"x"', '"s":"y"', '.s'],
    ['345678,', '345679,', '.n'],
    ['12345678901234567890123456789012345678', '"12345678901234567890123456789012345678"', '.n'],
    ['"nothing":null,', '', '.nothing'],
    ['"yes":true', '"yes":1', '.yes'],
    ['1.50', '1.51', '.m.deep[0]'],
    ['[1.50,""]', '[1.50]', '.m.deep'],
    ['["a","b"]', '["a","a"]', '.ss'],
    ['["a","b"]', '["a","b","b"]', '.ss'],
    ['[9,10.0]', '["9",10.0]', '.ns'],
    ['"bs":["AA==","AQ=="]', '"bs":"AA=="', '.bs'],
    ['"s":"x"', '"s":"x","more":1', '.more'],
  ])('%s is not %s', (part, other, path) => expect(differences(good.replace(part, other))).toEqual([path]));
});
