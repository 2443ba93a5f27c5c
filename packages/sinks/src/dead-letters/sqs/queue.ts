// One SQS queue: messages in, messages out, in batches as large as the service takes. It knows no letter.
import { createHash } from 'node:crypto';
import type { BatchResultErrorEntry, SQSClient } from '@aws-sdk/client-sqs';
import { chunks } from '../../chunks.ts';
import { SinkError } from '../../types.ts';
import { sortAwsError } from '../aws/errors.ts';
import { type AwsAccess, awsConfig, createLink } from '../aws/link.ts';
import type { Body } from './body.ts';

export interface SqsAccess extends AwsAccess {
  /** `https://sqs.eu-west-1.amazonaws.com/123456789012/dead-letters`. A name that ends in `.fifo` is a FIFO queue's. */
  readonly queueUrl: string;
}

const batchMax = 10;
/** How long a received message is hidden from others. */
const hiddenSeconds = 300;
/** A long poll: a short one may find nothing though there is something. */
const waitSeconds = 1;

export interface Message {
  readonly text: string;
  readonly handle: string;
}

export interface Queue {
  readonly name: string;
  /** Bytes of a message, and of a batch. Asked once. */
  maxBytes(signal: AbortSignal): Promise<number>;
  /** Somebody may have given the queue another limit. */
  forgetMaxBytes(): void;
  count(signal: AbortSignal): Promise<number>;
  send(bodies: readonly Body[], maxBytes: number, signal: AbortSignal): Promise<void>;
  /** At most ten, which stay hidden for five minutes. None: the queue has none to give. */
  receive(limit: number, signal: AbortSignal): Promise<readonly Message[]>;
  /** The handles that deleted something. */
  remove(handles: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>>;
  /** Makes messages visible again; one whose time ran out is so already. */
  show(handles: readonly string[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

type Sdk = typeof import('@aws-sdk/client-sqs');

interface Reached {
  readonly client: SQSClient;
  readonly sdk: Sdk;
}

async function connect(access: SqsAccess): Promise<Reached> {
  const [sdk, config] = await Promise.all([import('@aws-sdk/client-sqs'), awsConfig(access)]);
  const region = access.region ?? /^https:\/\/sqs\.([a-z0-9-]+)\./.exec(access.queueUrl)?.[1];
  const client = new sdk.SQSClient({ ...config, ...(region === undefined ? {} : { region }), useQueueUrlAsEndpoint: access.endpoint === undefined });
  return { sdk, client };
}

/**
 * A FIFO queue drops what has the id of a message of the last five minutes, also of one that was deleted: a letter that comes again with
 * anything else in it must not have the same. A group of its own lets every letter come while others are in hand.
 */
function fifoFields(text: string): { readonly MessageDeduplicationId: string; readonly MessageGroupId: string } {
  const digest = createHash('sha256').update(text).digest('hex');
  return { MessageDeduplicationId: digest, MessageGroupId: digest };
}

const batchesOf = (handles: readonly string[]): string[][] => chunks(handles, () => 0, { maxItems: batchMax, maxSize: 1 });

export function createQueue(access: SqsAccess): Queue {
  const { queueUrl: QueueUrl } = access;
  const name = `SQS queue ${QueueUrl.split('/').at(-1)}`;
  const actions = 'sqs:SendMessage, sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility and sqs:GetQueueAttributes on the queue';
  const { ask, close } = createLink({ name, actions }, () => connect(access));
  const fifo = QueueUrl.endsWith('.fifo');
  let known: number | undefined;

  function refusal({ Code, Message, SenderFault }: BatchResultErrorEntry): SinkError {
    const metadata = SenderFault === true ? { $metadata: { httpStatusCode: 400 } } : {};
    return sortAwsError(Object.assign(new Error(Message ?? Code), { name: Code ?? '', ...metadata }), { name, actions });
  }

  return {
    name,
    async maxBytes(signal) {
      known ??= await ask(signal, async ({ client, sdk }) => {
        const { Attributes } = await client.send(new sdk.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['MaximumMessageSize'] }), {
          abortSignal: signal,
        });
        return Number(Attributes?.MaximumMessageSize ?? 262_144);
      });
      return known;
    },
    forgetMaxBytes() {
      known = undefined;
    },
    count: (signal) =>
      ask(signal, async ({ client, sdk }) => {
        const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'] as const;
        const { Attributes = {} } = await client.send(new sdk.GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }), { abortSignal: signal });
        return names.reduce((sum, attribute) => sum + Number(Attributes[attribute] ?? 0), 0);
      }),
    send: (bodies, maxBytes, signal) =>
      ask(signal, async ({ client, sdk }) => {
        for (const run of chunks(bodies, ({ bytes }) => bytes, { maxItems: batchMax, maxSize: maxBytes })) {
          const Entries = run.map(({ text }, index) => ({ Id: String(index), MessageBody: text, ...(fifo ? fifoFields(text) : {}) }));
          const { Failed = [] } = await client.send(new sdk.SendMessageBatchCommand({ QueueUrl, Entries }), { abortSignal: signal });
          for (const failure of Failed) throw refusal(failure);
        }
      }),
    receive: (limit, signal) =>
      ask(signal, async ({ client, sdk }) => {
        const wanted = { MaxNumberOfMessages: Math.min(limit, batchMax), VisibilityTimeout: hiddenSeconds, WaitTimeSeconds: waitSeconds };
        const { Messages = [] } = await client.send(new sdk.ReceiveMessageCommand({ QueueUrl, ...wanted }), { abortSignal: signal });
        return Messages.map(({ Body, ReceiptHandle }) => ({ text: Body ?? '', handle: ReceiptHandle ?? '' }));
      }),
    remove: (handles, signal) =>
      ask(signal, async ({ client, sdk }) => {
        const removed = new Set<string>();
        for (const run of batchesOf(handles)) {
          const Entries = run.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
          const { Successful = [] } = await client.send(new sdk.DeleteMessageBatchCommand({ QueueUrl, Entries }), { abortSignal: signal });
          for (const { Id } of Successful) removed.add(run[Number(Id)] ?? '');
        }
        return removed;
      }),
    show: (handles, signal) =>
      ask(signal, async ({ client, sdk }) => {
        for (const run of batchesOf(handles)) {
          const Entries = run.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
          await client.send(new sdk.ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }), { abortSignal: signal });
        }
      }),
    close,
  };
}

/** Thrown where letters were looked for in vain and not everything was seen. */
export function gaveUp(name: string, seenMax: number): SinkError {
  return new SinkError(
    'SINK_UNEXPECTED',
    `${name}: not every letter asked for is among the first ${seenMax} that the queue gave. Nothing more is looked for. Go through the queue page by page, or keep dead letters where they can be found by id: in S3, in a file or in a table.`,
    { retryable: false },
  );
}
