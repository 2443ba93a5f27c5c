// Which streams a member leases: asks for them when it joins and from time to time, begins with those that came and lets go of
// those that went. What is done about the shards of one is `shard-sync.ts`.
import { LeaseError } from '../errors.ts';
import { type LeasedStream, streamIdentityText } from '../streams.ts';
import { foreignTable } from './belongs.ts';
import { type LivingStream, leasedStreams, type Member, nudge, track } from './member.ts';
import { syncUntilGone } from './shard-sync.ts';

const intervalJitter = 0.1;

/** Rows of a stream without a name would be taken for those of another. */
function assertApart(streams: readonly LeasedStream[]): void {
  if (streams.length < 2 || streams.every((stream) => stream.stream !== undefined)) return;
  throw new LeaseError(
    'TABLE_FOREIGN',
    `${streams.length} streams were given, and not all have multi-stream keys: the rows of one lease table would not tell their shards apart. Nothing is read. Give each of them multi-stream keys, or a fleet and a table of its own.`,
  );
}

/** Asks for what tells streams of one name apart. A multi-stream key says it itself. */
async function identify(member: Member, stream: LeasedStream): Promise<void> {
  if (stream.stream !== undefined) return;
  const identity = await stream.identify?.(member.quiet.signal);
  if (identity !== undefined) member.sources.set(stream.stream, streamIdentityText(identity));
}

function begin(member: Member, stream: LeasedStream): LivingStream {
  const gone = new AbortController();
  const living: LivingStream = { stream, gone, leave: AbortSignal.any([member.quiet.signal, gone.signal]), listed: undefined, synced: false };
  member.streams.set(stream.stream, living);
  return living;
}

function letGo(member: Member, name: string | undefined, { gone }: LivingStream): void {
  member.streams.delete(name);
  gone.abort(new Error(`The stream ${name ?? 'of this fleet'} is gone.`));
  for (const control of member.held.values()) if (control.held.lease.stream === name) control.askToDrain();
}

async function ask({ options, quiet }: Member): Promise<readonly LeasedStream[]> {
  const { streams } = options;
  return typeof streams === 'function' ? streams(quiet.signal) : streams;
}

/** Answers with those that came. Throws what tells one stream from another, and TABLE_FOREIGN. */
async function learnStreams(member: Member, found: readonly LeasedStream[]): Promise<readonly LivingStream[]> {
  assertApart(found);
  const byName = new Map(found.map((stream) => [stream.stream, stream]));
  const fresh = [...byName.values()].filter((stream) => !member.streams.has(stream.stream));
  for (const stream of fresh) await identify(member, stream);
  for (const [name, living] of member.streams) if (!byName.has(name)) letGo(member, name, living);
  const came = fresh.map((stream) => begin(member, stream));
  member.found = true;
  return came;
}

/** For a member that joins. Throws what the finder throws, what tells one stream from another, and TABLE_FOREIGN. */
export async function findStreams(member: Member): Promise<void> {
  await learnStreams(member, await ask(member));
}

/** Until a stop is asked for: syncs each stream as long as it is there, and finds out which are. */
export function followStreams(member: Member): void {
  const { options, tools, quiet } = member;
  const { streamsIntervalMs: intervalMs } = options;
  let last: Promise<void> = Promise.resolve();

  const follow = (living: LivingStream): void =>
    void track(member, async () => {
      try {
        await syncUntilGone(member, living);
      } catch (error) {
        // The listing of a stream that was deleted fails before anybody asks which streams there are.
        await findAgain();
        if (!living.leave.aborted) throw error;
      }
    });
  const look = async (): Promise<void> => {
    // It says itself what fails, and is asked again.
    const found = await ask(member).catch(() => undefined);
    if (found === undefined || quiet.signal.aborted) return;
    const came = await learnStreams(member, found);
    const refusal = foreignTable(member.table.leases, leasedStreams(member), member.sources);
    if (refusal !== undefined) throw refusal;
    if (came.length > 0) nudge(member);
    for (const living of came) follow(living);
  };
  /** One after the other, so that no answer overtakes a later one. */
  const findAgain = (): Promise<void> => {
    if (intervalMs !== undefined) last = last.then(look);
    return last;
  };
  const keepFinding = async (everyMs: number): Promise<void> => {
    const { timers, random } = tools.machine;
    while (!quiet.signal.aborted) {
      await timers.sleep(everyMs * (1 - intervalJitter * random.number()), quiet.signal).catch(() => undefined);
      if (!quiet.signal.aborted) await findAgain();
    }
  };
  for (const living of member.streams.values()) follow(living);
  if (intervalMs !== undefined) void track(member, () => keepFinding(intervalMs));
}
