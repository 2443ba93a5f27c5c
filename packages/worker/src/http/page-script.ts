// What the status page does in the browser: asks `/status` each second, says first whether something is wrong, then shows the
// rest. It puts values in as text only. It is a text itself here: browsers get it as it stands.

export const pageScript = `
'use strict';
const everyMs = 1000, staleMs = 5000, recentMs = 60000, lagMs = 60000, rowsMax = 500, pointsMax = 300;
const byId = (id) => document.getElementById(id);
const put = (id, text) => { const place = byId(id); if (place.textContent !== text) place.textContent = text; };
const rates = [];
let answeredAt = 0;

function count(value) { return value >= 100 ? Math.round(value).toLocaleString('en') : String(Math.round(value * 10) / 10); }
function bytes(value) { return value >= 1048576 ? count(value / 1048576) + ' MiB' : value >= 1024 ? count(value / 1024) + ' KiB' : value + ' B'; }
function span(ms) {
  if (ms === null || ms === undefined) return '–';
  const s = ms / 1000;
  return s < 1 ? '0 s' : s < 90 ? Math.round(s) + ' s' : s < 5400 ? Math.round(s / 60) + ' min' : s < 172800 ? Math.round(s / 3600) + ' h' : Math.round(s / 86400) + ' d';
}
function short(text) { return text.length > 20 ? text.slice(0, 6) + '…' + text.slice(-10) : text; }

function cell(text, options) {
  const td = document.createElement('td');
  td.textContent = text;
  if (options && options.name) td.className = options.name;
  if (options && options.title) td.title = options.title;
  return td;
}
function rows(id, list) {
  byId(id).replaceChildren(...list.map((cells) => { const tr = document.createElement('tr'); tr.append(...cells); return tr; }));
}

function problemsOf(status, nowMs) {
  const problems = [];
  for (const sink of status.sinks) if (sink.state !== 'ok') problems.push('Sink ' + sink.name + ' cannot be written to for ' + span(sink.waitingMs) + ': ' + (sink.lastError || 'no reason given'));
  const open = status.shards.filter((shard) => shard.position !== 'shard-end');
  const unowned = open.filter((shard) => shard.owner === null);
  if (unowned.length > 0) problems.push('Shards without a worker: ' + unowned.length + ' of ' + open.length);
  const late = open.filter((shard) => shard.held && shard.behindLatestMs > lagMs);
  if (late.length > 0) problems.push((late.length === 1 ? '1 shard held here is behind by ' : late.length + ' shards held here are behind, the furthest by ') + span(Math.max(...late.map((shard) => shard.behindLatestMs))));
  if (status.deadLetters.sinceStart > 0) problems.push('Dead letters since the start: ' + count(status.deadLetters.sinceStart));
  if (status.lastError && nowMs - Date.parse(status.lastError.at) < recentMs) problems.push('Last error: ' + status.lastError.message);
  return problems;
}

function verdict(kind, title, problems) {
  byId('verdict').className = 'verdict ' + kind;
  put('verdict-title', title);
  if (byId('problems').dataset.said === problems.join('\\n')) return;
  byId('problems').dataset.said = problems.join('\\n');
  byId('problems').replaceChildren(...problems.map((text) => { const li = document.createElement('li'); li.textContent = text; return li; }));
}

function shardCells(shard, worker) {
  return [
    cell(shard.shard, { title: shard.stream }),
    cell(shard.owner === null ? (shard.position === 'shard-end' ? '' : 'nobody') : shard.owner === worker ? shard.owner + ' (here)' : shard.owner, { name: shard.owner === worker ? 'mine' : shard.owner === null && shard.position !== 'shard-end' ? 'bad' : '' }),
    cell(short(shard.position), { title: shard.position }),
    cell(shard.held ? span(shard.behindLatestMs) : '–', { name: 'number' + (shard.held && shard.behindLatestMs > lagMs ? ' wait' : '') }),
    cell(shard.held ? count(shard.inFlightRecords) : '–', { name: 'number' }),
    cell(shard.held ? count(shard.recordsPerSecond) : '–', { name: 'number' }),
    cell(shard.lastError || '', { name: shard.lastError ? 'bad' : '' }),
  ];
}

function show(status, nowMs) {
  document.title = status.application + ' · Shardfold';
  put('application', status.application);
  put('worker', status.worker);
  put('state', status.state);
  put('version', 'version ' + status.version + ', up ' + span(nowMs - Date.parse(status.startedAt)));
  const problems = problemsOf(status, nowMs);
  if (problems.length > 0) verdict('bad', 'Something is wrong', problems);
  else if (status.state !== 'running') verdict('wait', 'The worker is ' + status.state, []);
  else verdict('good', 'All is well', []);
  const held = status.shards.filter((shard) => shard.held);
  const lags = held.map((shard) => shard.behindLatestMs).filter((ms) => ms !== null);
  put('rate', count(status.recordsPerSecond));
  put('lag', lags.length > 0 ? span(Math.max(...lags)) : '–');
  put('held', held.length + ' of ' + status.shards.filter((shard) => shard.position !== 'shard-end').length);
  put('unowned', String(status.shards.filter((shard) => shard.owner === null && shard.position !== 'shard-end').length));
  put('in-flight', bytes(status.inFlightBytes));
  put('dead', count(status.deadLetters.sinceStart));
  rows('shards', status.shards.slice(0, rowsMax).map((shard) => shardCells(shard, status.worker)));
  put('more-shards', status.shards.length > rowsMax ? 'and ' + (status.shards.length - rowsMax) + ' more: see /status' : '');
  rows('sinks', status.sinks.map((sink) => [cell(sink.name), cell(sink.kind), cell(sink.state === 'ok' ? 'ok' : 'waiting for ' + span(sink.waitingMs), { name: sink.state === 'ok' ? 'good' : 'bad' }), cell(count(sink.rowsPerSecond), { name: 'number' }), cell(sink.lastError || '')]));
  put('last-error', status.lastError ? status.lastError.at + ' (' + span(nowMs - Date.parse(status.lastError.at)) + ' ago): ' + status.lastError.message : 'none');
  rates.push(status.recordsPerSecond);
  if (rates.length > pointsMax) rates.shift();
  const top = Math.max(1, ...rates);
  byId('line').setAttribute('points', rates.map((rate, index) => pointsMax - rates.length + index + ',' + (58 - (rate / top) * 54)).join(' '));
}

async function ask() {
  try {
    const answer = await fetch('/status', { cache: 'no-store', signal: AbortSignal.timeout(staleMs) });
    if (!answer.ok) throw new Error('the worker answered ' + answer.status);
    const status = await answer.json();
    answeredAt = performance.now();
    show(status, Date.parse(answer.headers.get('date')) || Date.now());
  } catch (error) {
    verdict('bad', 'The worker does not answer', [answeredAt === 0 ? String(error.message) : 'What is shown below is ' + span(performance.now() - answeredAt) + ' old']);
  }
  setTimeout(ask, everyMs);
}
ask();
`;
