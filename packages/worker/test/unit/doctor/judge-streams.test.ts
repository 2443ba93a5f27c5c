// What the doctor makes of AWS's refusals and of streams: one row of a table for each thing it must find.
import { ConsumerError, LeaseError } from '@shardfold/consumer';
import { describe, expect, test } from 'vitest';
import { judgePattern, judgeStream, type StreamFacts } from '../../../src/doctor/judge-streams.ts';
import { refusal } from '../../../src/doctor/refusal.ts';
import { denied, hourMs, named, text, told } from './support.ts';

describe('what AWS refuses', () => {
  test.each<readonly [unknown, string, string]>([
    [denied, 'fault x.denied', 'kinesis:ListShards is not allowed'],
    [named('ExpiredTokenException'), 'fault x.credentials', 'Log in again'],
    [named('CredentialsProviderError'), 'fault x.credentials', 'Log in again'],
    [named('Error', 'Region is missing'), 'fault x.region', 'AWS_REGION'],
    [named('InvalidSignatureException', 'old', { $metadata: { clockSkewCorrected: true } }), 'fault x.clock', 'NTP'],
    [named('LimitExceededException'), 'warning x.throttled', 'LimitExceededException: said so'],
    [named('ThrottlingException'), 'warning x.throttled', 'later'],
    [named('KMSDisabledException'), 'fault x.key', 'kms:Decrypt'],
    [named('UnknownOperationException'), 'fault x.endpoint', 'endpoint'],
    [named('Error', 'connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED' }), 'fault x.unreachable', 'connect ECONNREFUSED 127.0.0.1:1'],
    [named('AggregateError', '', { code: 'ECONNREFUSED' }), 'fault x.unreachable', 'AggregateError: ECONNREFUSED'],
    ['a text', 'fault x.unreachable', 'a text'],
  ])('%s', (error, finding, says) => {
    const wrapped = new LeaseError('TABLE_DENIED', 'outer', { cause: new ConsumerError('STREAM_DENIED', 'inner', { retryable: false, cause: error }) });
    for (const each of [error, wrapped]) {
      const found = [refusal('x', 'It', { ok: false, action: 'kinesis:ListShards', error: each })];
      expect(told(found)).toEqual([finding]);
      expect(text(found)).toContain(says);
      expect(text(found)).not.toMatch(/inner|outer/);
    }
  });
});

describe('a stream', () => {
  const facts: StreamFacts = {
    stream: 'orders',
    described: { ok: true, value: { name: 'orders', arn: 'arn:aws:kinesis:eu-west-1:1:stream/orders', retentionMs: 24 * hourMs } },
    others: [],
    shards: { ok: true, value: { open: 4, closed: 2 } },
  };
  const gone = {
    ok: false,
    action: 'kinesis:DescribeStreamSummary',
    error: new ConsumerError('STREAM_MISSING', 'gone', { retryable: false, cause: named('ResourceNotFoundException') }),
  } as const;
  const withView = (viewType: string): StreamFacts => ({ ...facts, described: { ok: true, value: { name: 'orders', arn: 'a', viewType } } });

  test.each<readonly [Partial<StreamFacts>, readonly string[], string]>([
    [{}, ['ok stream.orders'], '4 open and 2 closed shards, records are kept for 24 h'],
    [{ described: gone, others: ['customers', 'order'] }, ['fault stream.orders.missing'], 'Did you mean order?'],
    [{ described: gone, others: ['orders-cdc-eu'] }, ['fault stream.orders.missing'], 'Did you mean orders-cdc-eu?'],
    [{ described: gone, others: ['a', 'b'] }, ['fault stream.orders.missing'], 'does not exist in eu-west-1. There are a, b.'],
    [{ described: gone }, ['fault stream.orders.missing'], 'No stream is to be seen'],
    [{ described: { ...gone, error: denied } }, ['fault stream.orders.denied'], 'kinesis:DescribeStreamSummary is not allowed'],
    [{ shards: { ok: false, action: 'kinesis:ListShards', error: denied } }, ['fault stream.orders.denied'], 'kinesis:ListShards is not allowed'],
    [withView('KEYS_ONLY'), ['fault stream.orders.images'], 'KEYS_ONLY'],
    [withView('OLD_IMAGE'), ['fault stream.orders.images'], 'OLD_IMAGE'],
    [withView('NEW_AND_OLD_IMAGES'), ['ok stream.orders'], '4 open'],
    [{ stream: 'arn:aws:kinesis:us-east-1:1:stream/orders', described: gone }, ['fault stream.orders.region'], 'aws.region: us-east-1'],
  ])('%j', (more, findings, says) => {
    const found = judgeStream({ ...facts, ...more }, 'eu-west-1');
    expect(told(found)).toEqual(findings);
    expect(text(found)).toContain(says);
  });

  test('without a region is no missing stream', () => {
    const error = new ConsumerError('STREAM_MISSING', 'no region', { retryable: false, cause: new Error('Region is missing') });
    expect(told(judgeStream({ ...facts, described: { ...gone, error } }, undefined))).toEqual(['fault stream.orders.region']);
  });

  test('of a pattern may come later', () => {
    expect(told(judgePattern('o*', { ok: true, value: ['orders'] }))).toEqual(['ok stream.o*']);
    expect(told(judgePattern('o*', { ok: true, value: [] }))).toEqual(['warning stream.o*.none']);
    expect(text(judgePattern('o*', { ok: false, action: 'kinesis:ListStreams', error: denied }))).toContain('kinesis:ListStreams');
  });
});
