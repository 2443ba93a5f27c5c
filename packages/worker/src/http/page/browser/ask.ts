// Asks the worker for its status again and again, with the token where one is needed. It shows nothing.
import { after, monotonicMs } from './system.ts';
import type { StatusView } from './wire.ts';

export type Answer =
  | { readonly kind: 'status'; readonly status: StatusView }
  | { readonly kind: 'token-needed'; readonly wasWrong: boolean }
  /** `silentMs`: since the last answer; undefined: there was none. */
  | { readonly kind: 'silent'; readonly error: string; readonly silentMs: number | undefined };

const everyMs = 1_000;
/** More shards are more to send: so much longer is waited. */
const perShardMs = 2;
const everyMostMs = 5_000;
const answerTimeoutMs = 8_000;
/** Kept for this tab and this worker alone, until the tab is closed. */
const tokenName = 'shardfold-token';

/** Starts to ask, at once. The answer takes a token to go on with. */
export function keepAsking(onAnswer: (answer: Answer) => void): { readonly withToken: (token: string) => void } {
  let answeredMs: number | undefined;
  let pauseMs = everyMs;

  async function ask(): Promise<Answer> {
    const token = sessionStorage.getItem(tokenName);
    const headers: HeadersInit = token === null ? {} : { authorization: `Bearer ${token}` };
    try {
      const answer = await fetch('status', { cache: 'no-store', headers, signal: AbortSignal.timeout(answerTimeoutMs) });
      if (answer.status === 401) {
        sessionStorage.removeItem(tokenName);
        return { kind: 'token-needed', wasWrong: token !== null };
      }
      if (!answer.ok) throw new Error(`it answered ${answer.status}`);
      const status = (await answer.json()) as StatusView;
      answeredMs = monotonicMs();
      pauseMs = Math.min(everyMostMs, Math.max(everyMs, status.shards.length * perShardMs));
      return { kind: 'status', status };
    } catch (error) {
      return {
        kind: 'silent',
        error: error instanceof Error ? error.message : String(error),
        silentMs: answeredMs === undefined ? undefined : monotonicMs() - answeredMs,
      };
    }
  }

  async function turn(): Promise<void> {
    const answer = await ask();
    onAnswer(answer);
    if (answer.kind !== 'token-needed') after(pauseMs, whenSeen);
  }

  /** A page that nobody sees asks nothing. */
  function whenSeen(): void {
    if (document.hidden) document.addEventListener('visibilitychange', whenSeen, { once: true });
    else void turn();
  }

  void turn();
  return {
    withToken(token) {
      sessionStorage.setItem(tokenName, token);
      void turn();
    },
  };
}
