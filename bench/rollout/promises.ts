// What a roll-out promises, and which of it a measured one did not keep. It measures nothing.
import type { Figures } from './rehearse.ts';

/** A shard lies no longer. */
const gapMaxMs = 2_000;
/** On average over the shards. */
const movesMeanMax = 1.5;

/** One line for each that is broken. */
export function brokenPromises(figures: Figures): readonly string[] {
  const { moves, gapsMs, exitCodes, appliedTwice, differences } = figures;
  const mean = moves.reduce((sum, each) => sum + each, 0) / moves.length;
  const found: string[] = [];
  if (exitCodes.some((code) => code !== 0)) found.push(`a drain was forced: exit codes ${exitCodes.join(', ')}`);
  if (appliedTwice > 0) found.push(`${appliedTwice} versions were applied twice`);
  if (Math.max(0, ...gapsMs) > gapMaxMs) found.push(`a shard lay for ${Math.max(...gapsMs)} ms; it may for ${gapMaxMs}`);
  if (mean > movesMeanMax) found.push(`shards moved ${mean.toFixed(2)} times each; they may ${movesMeanMax} times`);
  return [...found, ...figures.unwanted, ...differences];
}
