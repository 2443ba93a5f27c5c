// TLS to a MariaDB that has none: the sink does not speak to it in clear.
import { expect, test } from 'vitest';
import { mariadbForFile } from '../support/mariadb.ts';
import { sinkFor } from '../support/mysql.ts';
import { refusalToOpen } from '../support/refusals.ts';

const server = mariadbForFile();

test.for(['required', 'verify-ca', 'verify-identity'])('ssl-mode=%s', async (mode, context) => {
  const url = new URL(await server.database(context));
  url.password = 'p4ss-of-a-test';
  url.searchParams.set('ssl-mode', mode);
  const refusal = await refusalToOpen(sinkFor(url.href), url.href);
  expect(refusal).toMatchObject({ code: 'SINK_DENIED', retryable: false, message: expect.stringMatching(/does not support secure connection.*ssl-mode/) });
});
