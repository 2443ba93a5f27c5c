// A mutant: one guard of the consumer taken away from outside, and the kind of world in which that must show. The worlds are small
// and restless, so that most mutants are found by the first few seeds.

import type { Weather } from '../../network.ts';
import { type Accidents, calm } from '../../settings.ts';
import type { ConsumerChanges } from '../inhabitants.ts';
import { type ConsumerSettings, quietConsumers } from '../settings.ts';
import type { Replacement } from './switch.ts';

/** Where a world made for one mutant differs from the others. */
export interface PointedConsumers {
  readonly accidents?: Accidents;
  readonly weather?: Partial<Weather>;
  readonly stream?: Partial<ConsumerSettings['streamWeather']>;
  readonly processor?: Partial<ConsumerSettings['processor']>;
  readonly consumer?: Partial<ConsumerSettings['consumer']>;
  readonly puts?: Partial<ConsumerSettings['puts']>;
  readonly settings?: Partial<ConsumerSettings>;
  /** What the guard protects shows only when the world must come to rest. */
  readonly whole?: boolean;
}

export interface ConsumerMutant {
  readonly name: string;
  /** Functions of the product, by their names. */
  readonly replacements?: Readonly<Record<string, Replacement>>;
  readonly changes?: ConsumerChanges;
  readonly world: PointedConsumers;
}

/** The world of a mutant and a seed. */
export function pointedConsumers(seed: number, pointed: PointedConsumers): ConsumerSettings {
  return {
    ...quietConsumers,
    seed,
    workers: 2,
    shards: 2,
    wildMs: 40_000,
    ...pointed.settings,
    weather: { ...calm, maxLatencyMs: 60, ...pointed.weather },
    streamWeather: { ...quietConsumers.streamWeather, ...pointed.stream },
    processor: { ...quietConsumers.processor, ...pointed.processor },
    consumer: { ...quietConsumers.consumer, ...pointed.consumer },
    puts: { ...quietConsumers.puts, ...pointed.puts },
    accidents: pointed.accidents ?? {},
  };
}

/** Accidents that several mutants need, by what they bring about. */
export const moving: Accidents = { join: 4_000, stop: 5_000 };
export const crashing: Accidents = { crash: 4_000, restart: 3_000 };
export const resharding: Accidents = { split: 4_000, merge: 6_000 };
