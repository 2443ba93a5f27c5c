// The status page: one document with its own style and script, so that it works without the internet. It shows what `/status`
// says and nothing else.
import { createHash } from 'node:crypto';
import { pageScript } from './page-script.ts';
import { pageStyle } from './page-style.ts';

export const pageHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Shardfold</title>
<link rel="icon" href="data:,">
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1 id="application">Shardfold</h1>
<p><span id="worker"></span> <span id="state" class="pill"></span></p>
</header>
<main>
<section id="verdict" class="verdict" role="status" aria-live="polite"><h2 id="verdict-title">Asking the worker…</h2><ul id="problems"></ul></section>
<noscript><p>This page needs scripts; <a href="/status">/status</a> has the same as JSON.</p></noscript>
<section aria-labelledby="numbers-title"><h2 id="numbers-title">Now</h2>
<dl>
<div><dt>Records a second</dt><dd id="rate"></dd></div>
<div><dt>Furthest behind</dt><dd id="lag"></dd></div>
<div><dt>Shards held here</dt><dd id="held"></dd></div>
<div><dt>Shards without a worker</dt><dd id="unowned"></dd></div>
<div><dt>In flight</dt><dd id="in-flight"></dd></div>
<div><dt>Dead letters since start</dt><dd id="dead"></dd></div>
</dl>
<svg id="history" viewBox="0 0 300 60" preserveAspectRatio="none" role="img" aria-label="Records a second over the last five minutes"><polyline id="line" fill="none" stroke="currentColor" stroke-width="1.5" vector-effect="non-scaling-stroke" points=""/></svg>
</section>
<section aria-labelledby="shards-title"><h2 id="shards-title">Shards</h2>
<div class="wide" tabindex="0" role="region" aria-labelledby="shards-title"><table><thead><tr><th scope="col">Shard</th><th scope="col">Owner</th><th scope="col">Position</th><th scope="col" class="number">Behind</th><th scope="col" class="number">In flight</th><th scope="col" class="number">Records/s</th><th scope="col">Last error</th></tr></thead><tbody id="shards"></tbody></table></div>
<p id="more-shards"></p>
</section>
<section aria-labelledby="sinks-title"><h2 id="sinks-title">Sinks</h2>
<div class="wide" tabindex="0" role="region" aria-labelledby="sinks-title"><table><thead><tr><th scope="col">Sink</th><th scope="col">Kind</th><th scope="col">State</th><th scope="col" class="number">Rows/s</th><th scope="col">Last error</th></tr></thead><tbody id="sinks"></tbody></table></div>
</section>
<section aria-labelledby="error-title"><h2 id="error-title">Last error</h2><p id="last-error">none</p></section>
</main>
<footer><p><a href="/status">status</a> · <a href="/metrics">metrics</a> · <a href="/livez?verbose">livez</a> · <a href="/readyz">readyz</a> · <span id="version"></span></p></footer>
<script>${pageScript}</script>
</body>
</html>
`;

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Only this style and this script run, and they reach only this server. */
export const pagePolicy = [
  "default-src 'none'",
  `script-src ${hashOf(pageScript)}`,
  `style-src ${hashOf(pageStyle)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
