// What a shell completes, asked of bash itself. Of zsh, where it is not there, only what its script says.
import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../../support/cli.ts';

const scripts = { bash: '', zsh: '' };

beforeAll(async () => {
  for (const shell of ['bash', 'zsh'] as const) scripts[shell] = (await cli(['completion', shell])).out;
});

/** Of a line whose last word is being typed. */
function completed(line: string): readonly string[] {
  const ask = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shardfold; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', `${scripts.bash}\n${ask}`, 'bash', ...line.split(' ')], {
    encoding: 'utf8',
    cwd: import.meta.dirname,
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

test.each<readonly [string, readonly string[]]>([
  ['shardfold va', ['validate']],
  ['shardfold --v', ['--version']],
  ['shardfold config ', ['print', 'explain', 'schema']],
  ['shardfold config explain lease.d', ['lease.duration']],
  ['shardfold config print --s', ['--set']],
  ['shardfold dlq replay --d', ['--dry-run']],
  ['shardfold tap --j', ['--json']],
  ['shardfold help config ex', ['explain']],
  ['shardfold help che', ['checkpoint']],
  ['shardfold completion ', ['bash', 'zsh']],
  ['shardfold demo --sink s', ['sqlite']],
  ['shardfold run -c completion.', ['completion.test.ts']],
  ['shardfold decode completion.', ['completion.test.ts']],
  // Only words that lead to a command count.
  ['shardfold validate --config run --l', ['--live']],
  ['shardfold leases show ', []],
  ['shardfold run --set ', []],
  ['shardfold nonsense ', ['run', 'validate']],
])('bash: %s', (line, words) => {
  const found = completed(line);
  expect(line.includes('nonsense') ? found.slice(0, words.length) : found).toEqual(words);
});

describe('zsh', () => {
  test('the script has every command with its meaning, quoted', () => {
    expect(scripts.zsh).toMatch(/^#compdef shardfold\n/);
    expect(scripts.zsh).toContain("'validate:check the configuration, without the network'");
    expect(scripts.zsh).toContain("'dlq:dead letters\\: look at them, replay them, discard them'");
    expect(scripts.zsh).toContain("a multi-stream table'\\''s keys'");
    expect(scripts.zsh).toContain('(-c|--config) _files; return ;;');
    expect(scripts.zsh).toContain('compadd -- bash zsh');
  });

  test('zsh reads the script', (context) => {
    const { error, status, stderr } = spawnSync('zsh', ['-fn'], { input: scripts.zsh, encoding: 'utf8' });
    if (error !== undefined) context.skip('there is no zsh');
    expect([status, stderr]).toEqual([0, '']);
  });
});

test('a machine gets the script as a text', async () => {
  expect(JSON.parse((await cli(['completion', 'bash', '--json'])).out)).toEqual({ shell: 'bash', script: scripts.bash });
});

test('another shell is wrong usage', async () => {
  const { code, out, err } = await cli(['completion', 'fish']);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('bash, zsh');
});
