// The thread that has the file: SQLite blocks whoever calls it, so nobody else does. It takes one request after the other; while
// a session is open, those of others wait. It knows no table.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Answer, Statement } from '../../sql/connections.ts';
import { isRead, type OpenFile, openFile } from './file.ts';
import { writeHot } from './hot.ts';
import { createParts, type Parts } from './parts.ts';
import type { Fault, Following, HotOrder, HotOutcome, HotPart, OperationName, Operations, Reply, Request, Start } from './protocol.ts';
import { createTurns } from './turns.ts';

const driver = await import('node:sqlite');
const port = parentPort;
if (port === null) throw new Error('This module runs in a thread of its own; createThread starts it.');
const { path, posted } = workerData as Start;

/** Nothing ever wakes it. */
const bed = new Int32Array(new SharedArrayBuffer(4));
const turns = createTurns((milliseconds) => void Atomics.wait(bed, 0, 0, milliseconds));

type Asked<Name extends OperationName> = Operations[Name]['asks'];

interface Question {
  readonly request: Request;
  /** None, but for an order of rows. */
  readonly parts: Parts;
}

let file: OpenFile | undefined;
let session: number | undefined;
/** Requests that wait for the session's end; whoever asks has few in flight. */
const waiting: Question[] = [];

function dropFile(): void {
  file?.close();
  file = undefined;
}

function opened(): OpenFile {
  // Somebody took the file away: what is written to it would be lost.
  if (file !== undefined && session === undefined && !file.isInPlace()) dropFile();
  file ??= turns.patiently(() => openFile(driver, path));
  return file;
}

function inTransaction<T>(act: (open: OpenFile) => T): T {
  const open = opened();
  turns.begin(open.begin);
  try {
    const answers = act(open);
    turns.patiently(open.commit);
    return answers;
  } catch (error) {
    open.rollback();
    throw error;
  }
}

function all(open: OpenFile, statements: readonly Statement[]): Answer[] {
  turns.wrote(statements.length);
  return statements.map((statement) => open.execute(statement));
}

function run(statement: Statement): Answer {
  if (!isRead(statement.text)) {
    turns.wrote(1);
    return inTransaction((open) => open.execute(statement));
  }
  const open = opened();
  return turns.patiently(() => open.execute(statement));
}

/** Whoever waits for its session's end is not served meanwhile, so this is the only one, or the first of the next. */
function send({ session: id, begins, statements }: Asked<'send'>): Answer[] | 'session-lost' {
  if (session === undefined && !begins) return 'session-lost';
  const open = opened();
  if (session === undefined) {
    turns.begin(open.begin);
    session = id;
  }
  return all(open, statements);
}

function end({ session: id, how }: Asked<'end'>): null | 'session-lost' {
  if (id !== session) return 'session-lost';
  if (how === 'ROLLBACK') file?.rollback();
  else if (file !== undefined) turns.patiently(file.commit);
  session = undefined;
  return null;
}

/** Sleeps until the main thread has posted it. */
function nextPart(): Following {
  for (;;) {
    const seen = Atomics.load(posted, 0);
    const received = port === null ? undefined : receiveMessageOnPort(port);
    if (received !== undefined) return received.message as Following;
    Atomics.wait(posted, 0, seen);
  }
}

function* counted(parts: Parts): Generator<HotPart> {
  for (const part of parts) {
    turns.wrote(part.puts.count + part.deletes.count);
    yield part;
  }
}

function hot({ plan, first }: HotOrder, parts: Parts): HotOutcome | 'columns-changed' {
  // Parts come when nothing else was in hand: the file was free while the last answer went and this came, longer than others wait
  // between two looks when many rows come, and often when few do.
  if (!first.isLast) turns.rested();
  return inTransaction((open) => writeHot(open, plan, counted(parts)));
}

function answersTo({ request, parts }: Question): unknown {
  switch (request.name) {
    case 'run':
      return run(request.asks);
    case 'transaction':
      return inTransaction((open) => all(open, request.asks));
    case 'send':
      return send(request.asks);
    case 'end':
      return end(request.asks);
    case 'hot':
      return hot(request.asks, parts);
    case 'close':
      dropFile();
      return null;
  }
}

function faultOf(error: unknown): Fault {
  const errcode = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
  return { message: error instanceof Error ? error.message : String(error), errcode };
}

function replyTo(question: Question): Reply {
  const { id } = question.request;
  try {
    return { id, answers: answersTo(question) };
  } catch (error) {
    return { id, fault: faultOf(error) };
  } finally {
    question.parts.finish('drop');
  }
}

/** Closing does not wait: whoever has the session may be gone. */
function isForOthers({ name, asks }: Request): boolean {
  if (session === undefined || name === 'close') return false;
  return !((name === 'send' || name === 'end') && asks.session === session);
}

function serve(question: Question): void {
  const { request, parts } = question;
  if (isForOthers(request)) {
    parts.finish('keep');
    waiting.push(question);
    return;
  }
  port?.postMessage(replyTo(question));
  if (request.name === 'close') port?.close();
}

port.on('message', (request: Request) => {
  serve({ request, parts: createParts(request.name === 'hot' ? request.asks.first : undefined, nextPart) });
  while (session === undefined) {
    const next = waiting.shift();
    if (next === undefined) return;
    serve(next);
  }
});
