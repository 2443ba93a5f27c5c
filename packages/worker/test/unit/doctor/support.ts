// What the tests of the doctor share: findings in short, and what AWS refuses with. It asserts nothing.
import type { Finding } from '../../../src/doctor/finding.ts';

export const told = (findings: readonly Finding[]) => findings.map(({ id, severity }) => `${severity} ${id}`);
export const text = (findings: readonly Finding[]) => findings.map(({ what, remedy = '' }) => `${what} ${remedy}`).join('\n');

export const hourMs = 3_600_000;
export const named = (name: string, message = 'said so', more: object = {}) => Object.assign(new Error(message), { name }, more);
export const denied = named('AccessDeniedException', 'User: arn:aws:iam::1:user/u is not authorized');
