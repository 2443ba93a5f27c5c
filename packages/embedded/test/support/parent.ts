// A process that has an embedded stack and says where it is, for tests that end it in rude ways. argv[2]: the package's index.
const { startPostgres, startStack, newDatabase } = (await import(process.argv[2] ?? '')) as typeof import('../../src/index.ts');

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const only = process.argv[3];
if (only === 'postgres') {
  const postgres = await startPostgres();
  await newDatabase(postgres.url);
  say({ url: postgres.url });
  await postgres.stop();
} else {
  const stack = await startStack({ flavour: 'semantics' });
  process.on('SIGINT', async () => {
    await newDatabase(stack.postgres.url);
    say({ interrupted: true });
    await stack.stop();
    process.exit(0);
  });
  say({ kinesis: stack.kinesis.url, dynamo: stack.dynamo.url, postgres: stack.postgres.url });
}
