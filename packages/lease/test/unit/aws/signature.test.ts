// Signatures beside those of AWS's own test suite and of the SDK, which shares no code with ours.
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { amzDate, createSigner, type SignedHeaders } from '../../../src/aws/signature.ts';

test('of AWS’s test suite, post-vanilla', () => {
  const sign = createSigner({ region: 'us-east-1', service: 'service' });
  const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
  expect(sign(keys, { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' }, '')).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  );
});

test.each([
  [0, '19700101T000000Z'],
  [1_795_219_200_999, '20261121T000000Z'],
])('the time %i is %s', (atMs, text) => {
  expect(amzDate(atMs)).toBe(text);
});

interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What the SDK sends. */
async function sentBy(region: string, secretAccessKey: string, sessionToken: string | undefined, table: string): Promise<Sent> {
  let sent: Sent | undefined;
  const client = new DynamoDBClient({
    region,
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    requestHandler: {
      handle: async (request: Sent) => {
        sent = { headers: request.headers, body: new Uint8Array(request.body) };
        throw new Error('it is not sent');
      },
    },
  });
  await client.send(new ListTablesCommand({ ExclusiveStartTableName: table })).catch(() => undefined);
  client.destroy();
  if (sent === undefined) throw new Error('the client sent nothing');
  return sent;
}

const text = fc.stringMatching(/^[!-~]{3,60}$/);

test('of whatever the SDK signs, the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('us-east-1', 'eu-central-1', 'cn-north-1'), text, fc.option(text, { nil: undefined }), text, async (...given) => {
      const [region, secretAccessKey] = given;
      const { headers, body } = await sentBy(...given);
      const names = /SignedHeaders=([^,]+),/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
      const signed = Object.fromEntries(names.map((name) => [name, headers[name] ?? ''])) as SignedHeaders;
      const sign = createSigner({ region, service: 'dynamodb' });
      const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey };
      expect(names.length).toBeGreaterThan(4);
      expect(sign(keys, signed, body)).toBe(headers.authorization);
      // With the key of the day that is kept.
      expect(sign(keys, signed, body)).toBe(headers.authorization);
    }),
    { numRuns: 30 },
  );
});

test('other keys and another day have another signature, and the first its own again', () => {
  const sign = createSigner({ region: 'eu-west-1', service: 'kinesis' });
  const of = (secretAccessKey: string, date: string) => sign({ accessKeyId: 'A', secretAccessKey }, { host: 'h', 'x-amz-date': date }, 'body');
  const asked = [
    ['one', '20261121T000000Z'],
    ['two', '20261121T000000Z'],
    ['two', '20261122T000000Z'],
    ['one', '20261121T000000Z'],
  ] as const;
  const signatures = asked.map(([secret, date]) => of(secret, date));
  expect(new Set(signatures).size).toBe(3);
  expect(signatures[3]).toBe(signatures[0]);
});
