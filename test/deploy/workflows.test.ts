// .github/workflows: what they run is the repository's own, actions are pinned by commit, and no job may more than it needs. They run
// at GitHub only; this reads them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly needs?: string;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly { readonly uses?: string; readonly run?: string; readonly with?: Readonly<Record<string, unknown>> }[];
}
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, '.github/workflows');
const names = readdirSync(folder);
const text = (name: string) => readFileSync(join(folder, name), 'utf8');
const workflow = (name: string) => parse(text(name)) as Workflow;

describe.each(names)('%s', (name) => {
  const { permissions, jobs } = workflow(name);
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  test('pins actions by commit and says which version that is', () => {
    const lines = text(name).match(/uses: .*/g) ?? [];
    expect(lines.length).toBe(steps.filter(({ uses }) => uses !== undefined).length);
    for (const line of lines) expect(line).toMatch(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('may read unless a job says more, and keeps no credentials of the checkout', () => {
    expect(permissions).toEqual({ contents: 'read' });
    const writing = Object.values(jobs).filter((job) => Object.values(job.permissions ?? {}).includes('write'));
    for (const job of writing) expect(job.environment).toBe('release');
    for (const step of steps) if (step.uses?.startsWith('actions/checkout')) expect(step.with).toMatchObject({ 'persist-credentials': false });
  });

  test('puts nothing of an event into a shell', () => {
    for (const { run = '' } of steps) expect(run).not.toContain('${{');
  });

  test('ends each job after a time', () => {
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0);
  });

  test('names files that exist', () => {
    const named = [...text(name).matchAll(/(?:^|[\s"/])((?:deploy|packages|scripts|test)\/[\w./-]+)/gm)].map(([, path = '']) => path.replace(/[.]$/, ''));
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

test('a release waits for the suite, and carries provenance and a bill of materials', () => {
  const { jobs } = workflow('release.yml');
  expect(jobs.check?.steps.map(({ run }) => run)).toContain('npm test');
  for (const name of ['npm', 'image']) expect(jobs[name]?.needs).toBe('check');
  expect(jobs.chart?.needs).toBe('image');
  const build = jobs.image?.steps.find(({ uses }) => uses?.startsWith('docker/build-push-action'));
  expect(build?.with).toMatchObject({ sbom: true, provenance: 'mode=max', file: 'deploy/image/Dockerfile' });
  expect(jobs.npm?.permissions).toMatchObject({ 'id-token': 'write' });
  expect(jobs.npm?.steps.map(({ run }) => run)).toContain('pnpm --recursive publish --provenance --access public --no-git-checks');
  // BuildKit's attestations are not signed by the workflow's identity.
  expect(jobs.image?.permissions).toEqual({ contents: 'read', packages: 'write' });
});

test.each(readdirSync(join(root, 'packages')))('npm takes the provenance of packages/%s: it says where it comes from', (name) => {
  const { repository } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as { readonly repository?: unknown };
  expect(repository).toEqual({ type: 'git', url: 'git+https://github.com/shardfold/shardfold.git', directory: `packages/${name}` });
});

test('names at the registry are in small letters, as it asks for, and the chart has the version of the tag', () => {
  const { jobs } = workflow('release.yml');
  expect(text('release.yml')).not.toMatch(/ghcr\.io\/\$(GITHUB_REPOSITORY_OWNER|\{\{ github\.repository_owner)/);
  expect(jobs.image?.steps.map(({ run = '' }) => run).join('\n')).toMatch(/\$\{GITHUB_REPOSITORY_OWNER,,\}/);
  const packaged = jobs.chart?.steps.map(({ run = '' }) => run).find((run) => run.startsWith('helm package'));
  expect(packaged).toMatch(/ --version "\$\{GITHUB_REF_NAME#v\}" --app-version "\$\{GITHUB_REF_NAME#v\}"$/);
});

test('the servers of the container suite are those that a commit insists on, and the tools of this folder', () => {
  const wanted = /SHARDFOLD_TEST_REQUIRE=(\S+)/.exec(readFileSync(join(root, '.ci/run'), 'utf8'))?.[1]?.split(',') ?? [];
  const found = /SHARDFOLD_TEST_REQUIRE: (\S+)/.exec(text('ci.yml'))?.[1]?.split(',') ?? [];
  expect(wanted.filter((server) => !found.includes(server))).toEqual([]);
  expect(found).toEqual(expect.arrayContaining(['helm', 'kustomize']));
});
