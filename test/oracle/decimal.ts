// One text for each number, whatever way it was written: `1.50`, `15e-1` and `+1.5` are all `1.5`. Exact; it uses no double.

/** DynamoDB stays within 10^±130; more zeros than this are nobody's data. */
const maxZeros = 1_000;

/** All digits written out, none of them needless. Throws when the text is no number, or one beyond any database's. */
export function canonicalDecimal(text: string): string {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts ?? [];
  if (`${whole}${fraction}` === '') throw new Error(`no decimal number: ${JSON.stringify(text)}`);
  if (Math.abs(Number(exponent)) > maxZeros) throw new Error(`a number too long to write out: ${text}`);
  const point = whole.length + Number(exponent);
  const digits = `${'0'.repeat(Math.max(0, -point))}${whole}${fraction}`;
  const split = Math.max(point, 0);
  const before =
    digits
      .slice(0, split)
      .padEnd(split, '0')
      .replace(/^0+(?=\d)/, '') || '0';
  const after = digits.slice(split).replace(/0+$/, '');
  const plain = after === '' ? before : `${before}.${after}`;
  return sign === '-' && plain !== '0' ? `-${plain}` : plain;
}
