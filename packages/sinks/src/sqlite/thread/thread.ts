// The thread that has the file: SQLite blocks whoever calls it, so nobody else does. It takes one request after the other; while
// a session is open, those of others wait. It knows no table.
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Statement } from '../../sql/connections.ts';
import { isRead, type OpenFile, openFile } from './file.ts';
import { writeHot } from './hot.ts';
import type { Fault, Reply, Request } from './protocol.ts';
import { createTurns } from './turns.ts';

const driver = await import('node:sqlite');
const port = parentPort;
if (port === null) throw new Error('This module runs in a thread of its own; createThread starts it.');
const path = String(workerData);

/** Nothing ever wakes it. */
const bed = new Int32Array(new SharedArrayBuffer(4));
const turns = createTurns((milliseconds) => void Atomics.wait(bed, 0, 0, milliseconds));

let file: OpenFile | undefined;
let session: number | undefined;
/** Requests that wait for the session's end; whoever asks has few in flight. */
const waiting: Request[] = [];

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

function inTransaction<T>(rows: number, act: (open: OpenFile) => T): T {
  const open = opened();
  turns.begin(open.begin);
  try {
    const answers = act(open);
    turns.patiently(open.commit);
    turns.wrote(rows);
    return answers;
  } catch (error) {
    open.rollback();
    throw error;
  }
}

function all(open: OpenFile, statements: readonly Statement[]): Answer[] {
  return statements.map((statement) => open.execute(statement));
}

function run(statement: Statement): Answer {
  if (!isRead(statement.text)) return inTransaction(1, (open) => open.execute(statement));
  const open = opened();
  return turns.patiently(() => open.execute(statement));
}

function send(id: number, statements: readonly Statement[]): Answer[] {
  const open = opened();
  if (session === undefined) {
    turns.begin(open.begin);
    session = id;
  }
  turns.wrote(statements.length);
  return all(open, statements);
}

function end(how: 'COMMIT' | 'ROLLBACK'): null {
  if (how === 'ROLLBACK') file?.rollback();
  else if (file !== undefined) turns.patiently(file.commit);
  session = undefined;
  return null;
}

function answersTo(request: Request): unknown {
  switch (request.name) {
    case 'run':
      return run(request.asks);
    case 'transaction':
      return inTransaction(request.asks.length, (open) => all(open, request.asks));
    case 'send':
      return send(request.asks.session, request.asks.statements);
    case 'end':
      return request.asks.session === session ? end(request.asks.how) : null;
    case 'hot':
      return inTransaction(request.asks.puts.count + request.asks.deletes.count, (open) => writeHot(open, request.asks));
    case 'close':
      dropFile();
      return null;
  }
}

function faultOf(error: unknown): Fault {
  const errcode = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
  return { message: error instanceof Error ? error.message : String(error), errcode };
}

function replyTo(request: Request): Reply {
  try {
    return { id: request.id, answers: answersTo(request) };
  } catch (error) {
    return { id: request.id, fault: faultOf(error) };
  }
}

/** Closing does not wait: whoever has the session may be gone. */
function isForOthers({ name, asks }: Request): boolean {
  if (session === undefined || name === 'close') return false;
  return !((name === 'send' || name === 'end') && asks.session === session);
}

function serve(request: Request): void {
  if (isForOthers(request)) {
    waiting.push(request);
    return;
  }
  port?.postMessage(replyTo(request));
  if (request.name === 'close') port?.close();
}

port.on('message', (request: Request) => {
  serve(request);
  while (session === undefined) {
    const next = waiting.shift();
    if (next === undefined) return;
    serve(next);
  }
});
