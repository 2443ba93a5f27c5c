// The way between a worker and the tables. Each call is two events, the request arrives and the answer arrives; either may be
// late, lost or doubled. It knows no lease: whoever wants to know what went by gives hooks.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { VirtualMachine, VirtualTime } from '@shardfold/lease/testing';
import type { Chance } from './chance.ts';
import { type Landed, type Request, type RequestInput, type SimDatabase, serviceError } from './database.ts';
import { operationUnderWay } from './operation.ts';

/** Probabilities of what may befall one call, and how bad it is then. */
export interface Weather {
  readonly minLatencyMs: number;
  readonly maxLatencyMs: number;
  readonly loseRequest: number;
  readonly loseAnswer: number;
  /** Of the lost ones, how many fail at once instead of after the time-out. */
  readonly reset: number;
  readonly duplicate: number;
  /** How long after the request its double arrives, at most. */
  readonly maxDuplicateAfterMs: number;
  readonly delay: number;
  readonly maxDelayMs: number;
  /** Of the reads that need not be consistent, how many lag. */
  readonly lag: number;
  readonly maxLagMs: number;
}

/** Who calls: a worker's machine, and whether it is cut off. */
export interface Host {
  /** For people. */
  readonly label: string;
  readonly machine: VirtualMachine;
  cut: boolean;
}

export interface Call {
  readonly host: Host;
  /** The store's operation, such as `renew`; empty for what is none. */
  readonly operation: string;
  readonly request: Request;
  /** Of the item, where there is one. */
  readonly key: string | undefined;
}

/** What came of a call at the table. */
export type Result =
  | { readonly kind: 'done'; readonly answer: unknown; readonly landed: Landed | undefined }
  | { readonly kind: 'error'; readonly error: Error };

export interface NetworkHooks {
  onSend(call: Call): void;
  onArrive(call: Call, result: Result): void;
  /** The answer is there; the caller learns of it next, unless something befalls it now. */
  onReturn(call: Call): void;
  /** Just before the caller learns of it. */
  onAnswer(call: Call, result: Result): void;
  /** Told when it is sent: it will not fare as it should. */
  onFate(call: Call, fate: string): void;
}

export interface Counts {
  /** By the service's name of the operation. */
  readonly requests: Map<string, number>;
  /** By the store's name. */
  readonly operations: Map<string, number>;
  readUnits: number;
  writeUnits: number;
}

export interface Network {
  weather: Weather;
  readonly counts: Counts;
  /** Until then, requests of this operation (or of all: `*`) are throttled with the probability. */
  throttle(operation: string, probability: number, untilMs: number): void;
  /** No throttling any more, and this weather. */
  calmDown(weather: Weather): void;
  clientFor(host: Host): DynamoDBClient;
}

/** Mutants on the wire; the operation is the store's name of it. */
export interface WireChanges {
  /** Whether this part of the write's condition is left out. */
  readonly leaveOut?: (operation: string) => ((part: string) => boolean) | undefined;
  readonly rewrite?: (operation: string, input: RequestInput) => RequestInput;
  /** What the caller is told instead of this failure. */
  readonly failure?: (operation: string, error: Error) => Error;
}

export interface NetworkOptions {
  readonly time: VirtualTime;
  readonly database: SimDatabase;
  readonly chance: Chance;
  readonly weather: Weather;
  readonly hooks: NetworkHooks;
  readonly changes: WireChanges;
}

interface SendOptions {
  readonly abortSignal?: AbortSignal;
  readonly requestTimeout?: number;
}

/** The time-out is not armed for answers that come well within it, whatever the clock's rate. */
const surelyInTime = 0.8;

function keyOf({ Key, Item }: RequestInput): string | undefined {
  return (Key ?? Item)?.leaseKey?.S;
}

function bump(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

export function createNetwork({ time, database, chance, weather, hooks, changes }: NetworkOptions): Network {
  const counts: Counts = { requests: new Map(), operations: new Map(), readUnits: 0, writeUnits: 0 };
  const throttles = new Map<string, { readonly probability: number; readonly untilMs: number }>();

  function throttled(operation: string): boolean {
    for (const name of [operation, '*']) {
      const throttle = throttles.get(name);
      if (throttle !== undefined && throttle.untilMs > time.nowMs() && chance.hits(throttle.probability)) return true;
    }
    return false;
  }

  function arrive(call: Call): Result {
    const { request, operation } = call;
    bump(counts.requests, request.operation);
    bump(counts.operations, operation);
    let result: Result;
    try {
      if (throttled(operation)) throw serviceError('ProvisionedThroughputExceededException', 'The level of configured provisioned throughput was exceeded.');
      const lagMs = chance.hits(network.weather.lag) ? chance.between(0, network.weather.maxLagMs) : 0;
      const input = changes.rewrite?.(operation, request.input) ?? request.input;
      const carried = database.carryOut({ operation: request.operation, input }, { nowMs: time.nowMs(), lagMs, leaveOut: changes.leaveOut?.(operation) });
      counts.readUnits += carried.readUnits;
      counts.writeUnits += carried.writeUnits;
      result = { kind: 'done', answer: carried.answer, landed: carried.landed };
    } catch (error) {
      result = { kind: 'error', error: error instanceof Error ? error : new Error(String(error)) };
    }
    hooks.onArrive(call, result);
    return result;
  }

  /** How long each way takes; undefined: it never arrives. */
  function way(lose: number): number | undefined {
    const { minLatencyMs, maxLatencyMs, delay, maxDelayMs } = network.weather;
    if (chance.hits(lose)) return undefined;
    return chance.between(minLatencyMs, maxLatencyMs) + (chance.hits(delay) ? chance.between(0, maxDelayMs) : 0);
  }

  function send(call: Call, { abortSignal, requestTimeout = 1000 }: SendOptions): Promise<unknown> {
    const { machine } = call.host;
    hooks.onSend(call);
    const there = call.host.cut ? undefined : way(network.weather.loseRequest);
    const back = way(network.weather.loseAnswer);
    if (there === undefined) hooks.onFate(call, 'will not arrive');
    else if (back === undefined) hooks.onFate(call, 'answer will be lost');
    else if (there + back > requestTimeout) hooks.onFate(call, `arrives after ${Math.round(there)} ms, answer after ${Math.round(back)}`);
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (finish: () => void): void => {
        if (settled) return;
        settled = true;
        cancelTimeout();
        abortSignal?.removeEventListener('abort', aborted);
        finish();
      };
      const aborted = (): void => settle(() => reject(serviceError('AbortError', 'Request aborted')));
      const timeOutAfter = (forMs: number): (() => void) =>
        machine.timers.after(forMs, () => settle(() => reject(serviceError('TimeoutError', `The request got no answer within ${requestTimeout} ms.`))));
      const inTime = there !== undefined && back !== undefined && there + back < requestTimeout * surelyInTime;
      let cancelTimeout = inTime ? () => undefined : timeOutAfter(requestTimeout);
      abortSignal?.addEventListener('abort', aborted, { once: true });
      const settleWith = (result: Result): void =>
        settle(() => {
          hooks.onAnswer(call, result);
          if (result.kind === 'done') resolve(result.answer);
          else reject(changes.failure?.(call.operation, result.error) ?? result.error);
        });
      const tell = (result: Result): void => {
        if (settled) return;
        // A connection that was cut meanwhile brings no answer.
        if (call.host.cut) {
          if (inTime) cancelTimeout = timeOutAfter(requestTimeout * (1 - surelyInTime));
          return;
        }
        hooks.onReturn(call);
        if (machine.isFrozen()) machine.deliver(0, () => settleWith(result));
        else settleWith(result);
      };
      const arrives = (): void => {
        const result = arrive(call);
        if (back !== undefined) machine.deliver(back, () => tell(result));
      };
      if (there !== undefined) time.after(there, arrives, true);
      if ((there === undefined || back === undefined) && chance.hits(network.weather.reset)) {
        const afterMs = (there ?? 0) + chance.between(0, requestTimeout / 2);
        machine.deliver(afterMs, () => settle(() => reject(serviceError('ECONNRESET', 'The connection was reset.'))));
      }
      if (there !== undefined && chance.hits(network.weather.duplicate)) {
        time.after(there + chance.between(0, network.weather.maxDuplicateAfterMs), () => void arrive(call), true);
      }
    });
  }

  const network: Network = {
    weather,
    counts,
    throttle: (operation, probability, untilMs) => void throttles.set(operation, { probability, untilMs }),
    calmDown(calmWeather) {
      throttles.clear();
      network.weather = calmWeather;
    },
    clientFor(host) {
      const client = {
        send(command: { readonly constructor: { readonly name: string }; readonly input: RequestInput }, options: SendOptions = {}): Promise<unknown> {
          const request = { operation: command.constructor.name.replace(/Command$/, ''), input: command.input };
          return send({ host, operation: operationUnderWay(), request, key: keyOf(command.input) }, options);
        },
        destroy: () => undefined,
      };
      return client as unknown as DynamoDBClient;
    },
  };
  return network;
}
