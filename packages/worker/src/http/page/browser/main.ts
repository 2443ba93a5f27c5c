// The page: asks, and shows each answer in its parts. It is read-only: nothing here tells the worker to do anything.
import { type Answer, keepAsking } from './ask.ts';
import { createCharts } from './charts.ts';
import { byId, put, show } from './dom.ts';
import { span } from './format.ts';
import { createLetters } from './letters.ts';
import { createMap } from './map.ts';
import { ownersOf } from './owners.ts';
import { createSinks } from './sinks.ts';
import { createStages } from './stages.ts';
import { createTable } from './table.ts';
import { createVerdict } from './verdict.ts';
import type { StatusView, Verdict } from './wire.ts';

const showVerdict = createVerdict(byId('verdict'));
const showStages = createStages(byId('stages'));
const showCharts = createCharts(byId('charts'));
const showMap = createMap();
const showTable = createTable();
const showSinks = createSinks();
const showLetters = createLetters();
const [main, login, token, tokenWords] = [byId('fleet'), byId('login'), byId('token'), byId('token-words')];

function showStatus(status: StatusView): void {
  const title = `${status.application} · Shardfold`;
  if (document.title !== title) document.title = title;
  put(byId('application'), status.application);
  put(byId('worker'), `${status.worker} is ${status.state}, up ${span(status.uptimeMs)}`);
  put(byId('version'), `Shardfold ${status.version}`);
  show(main, true);
  main.classList.remove('old');
  showVerdict(status.verdict);
  showStages(status);
  showCharts(status.history);
  const owners = ownersOf(status.shards);
  showMap(status.shards, owners, status.worker);
  showTable(status.shards, owners);
  showSinks(status.sinks);
  showLetters(status);
}

function silence(error: string, silentMs: number | undefined): Verdict {
  const text = silentMs === undefined ? `Its status cannot be had: ${error}.` : `What is shown below is ${span(silentMs)} old: ${error}.`;
  const advice = 'It is asked again every second. Is the process there, and can this browser reach it?';
  return { level: 'bad', title: 'The worker does not answer', problems: [{ blame: 'worker', level: 'bad', title: '', text, advice }] };
}

function onAnswer(answer: Answer): void {
  show(byId('verdict'), answer.kind !== 'token-needed');
  show(login, answer.kind === 'token-needed');
  switch (answer.kind) {
    case 'status':
      showStatus(answer.status);
      break;
    case 'silent':
      main.classList.add('old');
      showVerdict(silence(answer.error, answer.silentMs));
      break;
    case 'token-needed':
      show(main, false);
      put(tokenWords, answer.wasWrong ? 'That is not the token of this worker.' : 'This worker shows itself to those who have its token (http.token).');
      token.focus();
      break;
  }
}

const asking = keepAsking(onAnswer);
login.addEventListener('submit', (event) => {
  event.preventDefault();
  if (token instanceof HTMLInputElement && token.value !== '') {
    asking.withToken(token.value);
    token.value = '';
  }
});
