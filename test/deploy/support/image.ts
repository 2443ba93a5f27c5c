// deploy/image/Dockerfile as tests look at it: its last stage, which is the image, and what makes the program in it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stagesOf } from './dockerfile.ts';

export const stages = stagesOf(readFileSync(fileURLToPath(new URL('../../../deploy/image/Dockerfile', import.meta.url)), 'utf8'));

function lastStage() {
  const stage = stages.at(-1);
  if (stage === undefined) throw new Error('the Dockerfile has no stage');
  return stage;
}

export const image = lastStage();

/** The commands that write the folder which the image gets as /app. */
export const installCommands = stages.flatMap(({ instructions }) =>
  instructions.flatMap(({ word, exec }) => (word === 'RUN' && exec?.includes('/app') === true ? [exec] : [])),
);
