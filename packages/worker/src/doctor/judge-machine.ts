// Judges this machine: the port of the page, the files that will be written. Pure.
import type { Finding } from './finding.ts';

/** Without an error it is free. */
export interface PortFacts {
  readonly host: string;
  readonly port: number;
  readonly errorCode: string | undefined;
}

export function judgePort({ host, port, errorCode }: PortFacts): readonly Finding[] {
  const id = 'http.port';
  const place = `Port ${port} on ${host}`;
  switch (errorCode) {
    case undefined:
      return [{ id, severity: 'ok', what: `${place} is free.` }];
    case 'EADDRINUSE':
      return [
        {
          id: `${id}.taken`,
          severity: 'warning',
          what: `${place} is taken; a worker that starts here ends at once.`,
          remedy: 'If that is a worker, all is well; else set http.port, or 0 for any free one.',
        },
      ];
    case 'EACCES':
      return [{ id: `${id}.denied`, severity: 'fault', what: `${place} may not be used by this user.`, remedy: 'Set http.port to one above 1023.' }];
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return [
        { id: `${id}.host`, severity: 'fault', what: `${host} is no address of this machine.`, remedy: 'Set http.host: 0.0.0.0, or an address that it has.' },
      ];
    default:
      return [{ id: `${id}.failed`, severity: 'fault', what: `${place} cannot be used (${errorCode}).`, remedy: 'Set http.host and http.port to others.' }];
  }
}

export interface FileFacts {
  /** `the dead letters`. */
  readonly about: string;
  readonly path: string;
  readonly errorCode: string | undefined;
}

const remedies: Readonly<Record<string, string>> = {
  ENOENT: 'Create its folder.',
  EACCES: 'Let the user of this process write the file and its folder.',
  EPERM: 'Let the user of this process write the file and its folder.',
  EROFS: 'Its file system is read-only: mount a volume, or name another path.',
};

export function judgeFile({ about, path, errorCode }: FileFacts): readonly Finding[] {
  const id = `file.${path}`;
  if (errorCode === undefined) return [{ id, severity: 'ok', what: `The file of ${about} can be written (${path}).` }];
  return [
    {
      id: `${id}.denied`,
      severity: 'fault',
      what: `The file of ${about} cannot be written: ${path} (${errorCode}).`,
      remedy: remedies[errorCode] ?? 'Name another path.',
    },
  ];
}
