// What AWS refused, as a finding: the action by its name in a policy, why, what to do. Pure.
import { type AwsFault, awsFaultOf, ConsumerError, LeaseError } from '@shardfold/consumer';
import type { Answer, Finding } from './finding.ts';

type Refused = Extract<Answer<unknown>, { ok: false }>;

/** What the SDK threw, without what was made of it. */
export function rootOf(error: unknown): unknown {
  return (error instanceof ConsumerError || error instanceof LeaseError) && error.cause !== undefined ? rootOf(error.cause) : error;
}

const saidMax = 300;

function said(error: unknown): string {
  const root = rootOf(error);
  if (!(root instanceof Error)) return String(root);
  const code = 'code' in root && typeof root.code === 'string' ? root.code : '';
  const text = root.message === '' ? code : root.message;
  return `${root.name === 'Error' ? code : root.name}: ${text}`.replace(/^: /, '').replaceAll(/\s+/g, ' ').slice(0, saidMax);
}

interface Words {
  readonly what: string;
  readonly remedy: string;
}

const words: Readonly<Record<AwsFault, (action: string) => Words>> = {
  region: () => ({ what: 'no region is known', remedy: 'Set aws.region, or AWS_REGION.' }),
  throttled: (action) => ({ what: `${action} is throttled now`, remedy: 'Try again later; other programs use up what the service allows.' }),
  key: (action) => ({ what: `${action} needs a KMS key that may not be used`, remedy: 'Enable the key, and allow kms:Decrypt on it to these credentials.' }),
  credentials: () => ({ what: 'there are no credentials, or they ran out', remedy: 'Log in again, or give this process a role or keys.' }),
  clock: () => ({ what: "the server refuses this machine's time of day", remedy: 'Set the clock of this machine; run NTP.' }),
  denied: (action) => ({
    what: `${action} is not allowed with these credentials`,
    remedy: `Allow ${action} in their policy; deploy/iam has one with all that is needed.`,
  }),
  'unknown-request': (action) => ({
    what: `whoever answers there does not know ${action}`,
    remedy: 'Check the endpoint: it belongs to another service, or an emulator lacks the request.',
  }),
};

const suffixes: Readonly<Record<AwsFault, string>> = {
  region: 'region',
  throttled: 'throttled',
  key: 'key',
  credentials: 'credentials',
  clock: 'clock',
  denied: 'denied',
  'unknown-request': 'endpoint',
};

/** Kinesis says it of requests about streams that come too often. */
const tooOften = 'LimitExceededException';

function faultOf(root: unknown): AwsFault | undefined {
  return root instanceof Error && root.name === tooOften ? 'throttled' : awsFaultOf(root);
}

/** `id` and `about`: of the thing that was asked for. */
export function refusal(id: string, about: string, { action, error }: Refused): Finding {
  const fault = faultOf(rootOf(error));
  if (fault === undefined) {
    return {
      id: `${id}.unreachable`,
      severity: 'fault',
      what: `${about}: ${action} did not answer as it should (${said(error)}).`,
      remedy: 'Check the endpoint, the region and the network, and look whether the service has trouble.',
    };
  }
  const { what, remedy } = words[fault](action);
  return { id: `${id}.${suffixes[fault]}`, severity: fault === 'throttled' ? 'warning' : 'fault', what: `${about}: ${what} (${said(error)}).`, remedy };
}
