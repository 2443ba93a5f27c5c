// A server in a container of Docker or podman, for tests. It knows no server: what listens where, and when it is ready, is the caller's.
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { until } from '../support/until.ts';

export type ContainerEngine = 'docker' | 'podman';

export interface ContainerOptions {
  /** Pulled where the engine does not have it. */
  readonly image: string;
  /** Where the server listens inside. */
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The server's own arguments. */
  readonly args?: readonly string[];
}

export interface Container {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** Whether it is gone, and what it said when it is. */
  ended(): string | undefined;
  stop(): Promise<void>;
}

const pullTimeoutMs = 600_000;
const maxTailChars = 4_000;

/** Docker before podman; a command that reaches no daemon does not count. DOCKER_HOST is heeded. */
export function containerEngine(): ContainerEngine | undefined {
  return (['docker', 'podman'] as const).find((name) => spawnSync(name, ['image', 'ls', '--quiet']).status === 0);
}

/** Resolves when the container runs. Throws with what the engine said where it has no such image or cannot run it. */
export async function startContainer(engine: ContainerEngine, { image, port, env = {}, args = [] }: ContainerOptions): Promise<Container> {
  const name = `shardfold-test-${randomUUID()}`;
  const variables = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  const words = ['run', '--rm', '--name', name, '--publish', `127.0.0.1::${port}`, ...variables, image, ...args];
  // Attached: should this process be killed, the engine's command is told to stop, and hands that to the server.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', engine, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let tail = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      tail = (tail + part).slice(-maxTailChars);
    });
  let end: string | undefined;
  const closed = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      end = `cannot run setpriv: ${error.message}`;
      resolve();
    });
    child.once('close', (code) => {
      end ??= `${engine} run ${image} ended with ${code}:\n${tail}`;
      resolve();
    });
  });
  const published = await until(`a container of ${image}`, async () => end ?? (await publishedPort(engine, name, port)), pullTimeoutMs);
  if (typeof published === 'string') throw new Error(published);
  return {
    port: published,
    ended: () => end,
    async stop() {
      spawnSync(engine, ['rm', '--force', '--volumes', name]);
      await closed;
    },
  };
}

async function publishedPort(engine: ContainerEngine, name: string, port: number): Promise<number | undefined> {
  const child = spawn(engine, ['port', name, String(port)], { stdio: ['ignore', 'pipe', 'ignore'] });
  const found = /:(\d+)\s/.exec(await text(child.stdout))?.[1];
  return found === undefined ? undefined : Number(found);
}
