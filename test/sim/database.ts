// Carries out the DynamoDB requests that the lease package makes, over simulated tables. It takes no time and loses nothing:
// the network does.
import { type AttributeValue, ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type Item, readCondition, readUpdate } from './expressions.ts';
import { createSimTable, itemBytes, type SimTable } from './table.ts';

/** A request as its command holds it; only what is simulated is named. */
export interface RequestInput {
  readonly TableName?: string;
  readonly Key?: Item;
  readonly Item?: Item;
  readonly ConsistentRead?: boolean;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeValues?: Item;
  readonly ReturnValues?: string;
  readonly ReturnValuesOnConditionCheckFailure?: string;
  readonly ExclusiveStartKey?: Item;
  readonly Limit?: number;
  readonly Segment?: number;
  readonly TotalSegments?: number;
  readonly Select?: string;
  readonly ProjectionExpression?: string;
  readonly FilterExpression?: string;
  readonly KeySchema?: readonly { readonly AttributeName?: string; readonly KeyType?: string }[];
  readonly AttributeDefinitions?: readonly { readonly AttributeName?: string; readonly AttributeType?: string }[];
}

export interface Request {
  /** `UpdateItem`, as the service names it. */
  readonly operation: string;
  readonly input: RequestInput;
}

/** A row that a request wrote. */
export interface Landed {
  readonly table: string;
  readonly key: string;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

export interface Carried {
  readonly answer: unknown;
  readonly landed: Landed | undefined;
  readonly readUnits: number;
  readonly writeUnits: number;
}

export interface Circumstances {
  readonly nowMs: number;
  /** How far behind the replica is that serves a read which need not be consistent. */
  readonly lagMs: number;
  /** Whether a part of the condition is left out: a mutant's doing. */
  readonly leaveOut?: ((part: string) => boolean) | undefined;
}

export interface SimDatabase {
  /** Throws what the service would answer with. */
  carryOut(request: Request, circumstances: Circumstances): Carried;
  table(name: string): SimTable | undefined;
  createTable(name: string): SimTable;
}

export const keyName = 'leaseKey';
const readUnitBytes = 4096;
const writeUnitBytes = 1024;

export function serviceError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name, $metadata: {} });
}

function conditionFailed(input: RequestInput, item: Item | undefined): Error {
  const shown = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && item !== undefined ? { Item: item as Record<string, AttributeValue> } : {};
  return new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {}, ...shown });
}

function holds(input: RequestInput, item: Item | undefined, leaveOut: Circumstances['leaveOut']): boolean {
  if (input.ConditionExpression === undefined) return true;
  const { conjuncts, texts } = readCondition(input.ConditionExpression);
  const values = input.ExpressionAttributeValues ?? {};
  return conjuncts.every((test, at) => test(item ?? {}, values) || leaveOut?.(texts[at] ?? '') === true);
}

function keyOf(item: Item | undefined): string {
  const key = item?.[keyName]?.S;
  if (key === undefined) throw serviceError('ValidationException', `The key must be the text ${keyName}.`);
  return key;
}

const units = (bytes: number, each: number): number => Math.max(1, Math.ceil(bytes / each));

type Carry = (table: SimTable, input: RequestInput, circumstances: Circumstances) => Carried;

function answerOnly(answer: unknown, readUnits = 0): Carried {
  return { answer, landed: undefined, readUnits, writeUnits: 0 };
}

/** Tests the condition, then leaves `after` in the item's place. */
function write(
  table: SimTable,
  key: string,
  input: RequestInput,
  { nowMs, leaveOut }: Circumstances,
  make: (before: Item | undefined) => Item | undefined,
): Carried {
  const before = table.get(key);
  if (!holds(input, before, leaveOut)) throw conditionFailed(input, before);
  const after = make(before);
  const bytes = Math.max(table.bytes(key), after === undefined ? 0 : itemBytes(after));
  table.set(key, after, nowMs);
  const answer = input.ReturnValues === 'ALL_NEW' ? { Attributes: after } : {};
  return { answer, landed: { table: table.name, key, before, after }, readUnits: 0, writeUnits: units(bytes, writeUnitBytes) };
}

const carries: Readonly<Record<string, Carry>> = {
  GetItem(table, input, { nowMs, lagMs }) {
    const key = keyOf(input.Key);
    const item = table.get(key, input.ConsistentRead === true ? undefined : nowMs - lagMs);
    return answerOnly(item === undefined ? {} : { Item: item }, units(table.bytes(key), readUnitBytes) * (input.ConsistentRead === true ? 1 : 0.5));
  },
  PutItem: (table, input, circumstances) => write(table, keyOf(input.Item), input, circumstances, () => input.Item),
  UpdateItem(table, input, circumstances) {
    const change = readUpdate(input.UpdateExpression ?? '');
    const key = keyOf(input.Key);
    return write(table, key, input, circumstances, (before) => change(before ?? { [keyName]: { S: key } }, input.ExpressionAttributeValues ?? {}));
  },
  DeleteItem: (table, input, circumstances) => write(table, keyOf(input.Key), input, circumstances, () => undefined),
  Scan(table, input, { nowMs, lagMs }) {
    for (const unknown of [input.Select, input.ProjectionExpression]) {
      if (unknown !== undefined) throw serviceError('ValidationException', 'The simulated table scans whole items only.');
    }
    const consistent = input.ConsistentRead === true;
    const page = table.scan({
      segment: input.Segment ?? 0,
      segments: input.TotalSegments ?? 1,
      limit: input.Limit ?? Number.POSITIVE_INFINITY,
      afterKey: input.ExclusiveStartKey === undefined ? undefined : keyOf(input.ExclusiveStartKey),
      asOfMs: consistent ? undefined : nowMs - lagMs,
    });
    const last = page.lastKey === undefined ? {} : { LastEvaluatedKey: { [keyName]: { S: page.lastKey } } };
    const values = input.ExpressionAttributeValues ?? {};
    const filter = input.FilterExpression === undefined ? undefined : readCondition(input.FilterExpression).conjuncts;
    const items = filter === undefined ? page.items : page.items.filter((item) => filter.every((test) => test(item, values)));
    return answerOnly({ Items: items, Count: items.length, ...last }, units(page.bytes, readUnitBytes) * (consistent ? 1 : 0.5));
  },
  DescribeTable: (table) =>
    answerOnly({
      Table: {
        TableName: table.name,
        TableStatus: 'ACTIVE',
        KeySchema: [{ AttributeName: keyName, KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: keyName, AttributeType: 'S' }],
      },
    }),
};

export function createSimDatabase(): SimDatabase {
  const tables = new Map<string, SimTable>();
  const createTable = (name: string): SimTable => {
    const table = createSimTable(name);
    tables.set(name, table);
    return table;
  };
  return {
    table: (name) => tables.get(name),
    createTable,
    carryOut({ operation, input }, circumstances) {
      const name = input.TableName ?? '';
      const table = tables.get(name);
      if (operation === 'CreateTable') {
        if (table !== undefined) throw serviceError('ResourceInUseException', `Table already exists: ${name}`);
        createTable(name);
        return answerOnly({});
      }
      const carry = carries[operation];
      if (carry === undefined) throw serviceError('UnknownOperationException', `The simulated database knows no ${operation}.`);
      if (table === undefined) throw serviceError('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`);
      return carry(table, input, circumstances);
    },
  };
}
