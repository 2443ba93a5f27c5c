// Sorts whatever the file system throws about the file of dead letters. It opens nothing.
import { SinkError, type SinkErrorCode } from '../../types.ts';

interface Sort {
  readonly code: SinkErrorCode;
  readonly retryable: boolean;
  readonly remedy: string;
}

const missing: Sort = {
  code: 'SINK_TABLE_MISSING',
  retryable: false,
  remedy: 'Nothing is kept there. Create its directory, or correct the path.',
};
const mismatch: Sort = { code: 'SINK_TABLE_MISMATCH', retryable: false, remedy: 'Nothing is kept there. The path must be that of an ordinary file.' };
const denied: Sort = {
  code: 'SINK_DENIED',
  retryable: false,
  remedy: 'Nothing is kept there. Let the user of this program write the file and make files beside it.',
};
const readOnly: Sort = { code: 'SINK_READ_ONLY', retryable: true, remedy: 'It is tried again. Make its file system writable, or name a path on another.' };
const full: Sort = { code: 'SINK_BUSY', retryable: true, remedy: 'It is tried again. Make room: letters that were replayed can be discarded.' };
const busy: Sort = { code: 'SINK_BUSY', retryable: true, remedy: 'It is tried again. If it goes on, raise the limit of open files.' };
const unwell: Sort = { code: 'SINK_UNREACHABLE', retryable: true, remedy: 'It is tried again. Look into the system’s log for what is wrong with the disk.' };
const unexpected: Sort = { code: 'SINK_UNEXPECTED', retryable: false, remedy: 'Nothing was kept. Report it with the message.' };

const byCode: ReadonlyMap<string, Sort> = new Map(
  Object.entries({
    ENOENT: missing,
    EISDIR: mismatch,
    ENOTDIR: mismatch,
    ELOOP: mismatch,
    ENAMETOOLONG: mismatch,
    EACCES: denied,
    EPERM: denied,
    EROFS: readOnly,
    ENOSPC: full,
    EDQUOT: full,
    EFBIG: full,
    EMFILE: busy,
    ENFILE: busy,
    EAGAIN: busy,
    EIO: unwell,
    ESTALE: unwell,
    ETIMEDOUT: unwell,
  }),
);

/** `ENOSPC`; empty where there is none. */
export function systemCodeOf(thrown: unknown): string {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : '';
  return typeof code === 'string' ? code : '';
}

export function fileName(path: string): string {
  return `Dead letter file ${path}`;
}

/** Total: any thrown value becomes a `SinkError`, which keeps it as its cause. */
export function sortFileError(thrown: unknown, path: string): SinkError {
  if (thrown instanceof SinkError) return thrown;
  const { code, retryable, remedy } = byCode.get(systemCodeOf(thrown)) ?? unexpected;
  const said = thrown instanceof Error ? thrown.message : typeof thrown === 'string' ? thrown : `a thrown ${typeof thrown}`;
  return new SinkError(code, `${fileName(path)}: ${said}. ${remedy}`, { retryable, cause: thrown });
}

export function noOrdinaryFile(path: string): SinkError {
  return new SinkError(mismatch.code, `${fileName(path)}: it is no ordinary file. ${mismatch.remedy}`, { retryable: mismatch.retryable });
}
