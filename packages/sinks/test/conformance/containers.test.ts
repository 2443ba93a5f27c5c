// Every sink passes the suite on the oldest and the newest server that it promises, each in a container. Only where somebody asks for it,
// for it pulls gigabytes: SHARDFOLD_TEST_CONTAINERS is `all`, or images such as postgres:17,mariadb:11.
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Container, containerEngine, startContainer } from '../../../../test/servers/container.ts';
import { assertNotRequired } from '../../../../test/servers/required.ts';
import { until } from '../../../../test/support/until.ts';
import { sinkConformance } from '../../src/testing/index.ts';
import { type ServerInContainer, serversInContainers } from '../support/containers.ts';
import { suiteOptions } from '../support/groups.ts';

const wanted = process.env.SHARDFOLD_TEST_CONTAINERS;
const engine = wanted === undefined ? undefined : containerEngine();
/** Of a pull and a first start. */
const startTimeoutMs = 900_000;
const testTimeoutMs = 300_000;

/** Throws when the container ends before. */
async function answers(server: ServerInContainer, container: Container): Promise<void> {
  const end = await until(`${server.image} to answer`, async () => container.ended() ?? (await server.database(container.port)).length > 0);
  if (end !== true) throw new Error(end);
}

describe.each(serversInContainers(wanted))('$image', (server) => {
  if (engine === undefined) {
    test('passes the suite', (context) => {
      const reason = wanted === undefined ? 'SHARDFOLD_TEST_CONTAINERS asks for no containers' : 'neither docker nor podman answers';
      assertNotRequired('containers', reason);
      context.skip(reason);
    });
    return;
  }

  let container: Container | undefined;
  let url = '';
  beforeAll(async () => {
    container = await startContainer(engine, server);
    await answers(server, container);
  }, startTimeoutMs);
  afterAll(() => container?.stop());

  for (const { name, run } of sinkConformance(() => server.sinksOn(url), server.traits, suiteOptions)) {
    test(name, { timeout: testTimeoutMs }, async () => {
      if (container === undefined) throw new Error('the container is not up');
      url = await server.database(container.port);
      await run();
    });
  }
});
