// What a check found: how bad it is, what it is, what to do. It knows no check.
import { maskText } from '../config/secrets.ts';

/** In the order of their weight. */
export const severities = ['ok', 'note', 'warning', 'fault'] as const;
export type Severity = (typeof severities)[number];

export interface Finding {
  /** `stream.orders.missing`: the thing and what is the matter with it. */
  readonly id: string;
  readonly severity: Severity;
  readonly what: string;
  /** What a person can do. */
  readonly remedy?: string;
  /** Statements that make what is missing. */
  readonly ddl?: string;
}

/** What was asked for, or what came in its way; `action` is its name in a policy: `kinesis:ListShards`. */
export type Answer<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly action: string; readonly error: unknown };

/** With the passwords of addresses hidden, whoever wrote the texts. */
export function masked(finding: Finding): Finding {
  const { remedy, ddl } = finding;
  return {
    ...finding,
    what: maskText(finding.what),
    ...(remedy === undefined ? {} : { remedy: maskText(remedy) }),
    ...(ddl === undefined ? {} : { ddl: maskText(ddl) }),
  };
}

/** The heaviest first, each kind in the order in which it was found. */
export function byWeight(findings: readonly Finding[]): readonly Finding[] {
  return [...severities].reverse().flatMap((severity) => findings.filter((each) => each.severity === severity));
}
