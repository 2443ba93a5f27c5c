// What the page is made of before anything is known. It knows no value and no colour.

const search = `
<div class="tools" role="search">
<span><label for="search">Find</label> <input id="search" type="search" autocomplete="off" spellcheck="false" placeholder="shard, worker or stream"></span>
<span><label for="filter">Show</label> <select id="filter">
<option value="all">open shards</option>
<option value="look">what wants a look</option>
<option value="late">late shards</option>
<option value="unowned">shards without a worker</option>
<option value="here">shards of this worker</option>
<option value="done">shards read to the end</option>
</select></span>
</div>`;

const pictures = `
<section aria-labelledby="pictures-title">
<h2 id="pictures-title">Shards and who has them</h2>
<svg class="patterns" aria-hidden="true" width="0" height="0"><defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse"><rect class="hatch-ground" width="8" height="8"/><path class="hatch-stripe" d="M-2 2L2 -2M0 8L8 0M6 10L10 6"/></pattern></defs></svg>
<p id="no-shards">No shard is known yet.</p>
<div id="pictures"></div>
<div id="keys">
<ul id="owners" class="legend" aria-label="Colours of the workers"></ul>
<ul class="legend" aria-label="Other marks">
<li id="key-unowned" hidden><span class="swatch hatched"></span><span>without a worker</span></li>
<li id="key-late" hidden><span class="swatch outlined"></span><span>late</span></li>
<li id="key-done" hidden><span class="swatch ended"></span><span>read to the end</span></li>
</ul>
</div>
<p id="pointed" aria-hidden="true"></p>
</section>`;

const table = `
<section aria-labelledby="shards-title">
<h2 id="shards-title">All shards</h2>
${search}
<div class="wide" tabindex="0" role="region" aria-labelledby="shards-title">
<table class="shards"><thead><tr id="columns"></tr></thead><tbody id="rows"></tbody></table>
</div>
<nav class="tools" aria-label="Pages of shards"><button type="button" id="earlier">Earlier</button> <span id="where"></span> <button type="button" id="later">Later</button></nav>
</section>`;

const sinks = `
<section aria-labelledby="sinks-title">
<h2 id="sinks-title">Sinks</h2>
<div class="wide" tabindex="0" role="region" aria-labelledby="sinks-title">
<table class="sinks"><thead><tr><th scope="col">Sink</th><th scope="col">State</th><th scope="col" class="number">Rows/s</th><th scope="col" class="number">A write</th><th scope="col" class="number">Round trip</th><th scope="col" class="number">Connections</th><th scope="col">Server</th><th scope="col">Remarks</th></tr></thead><tbody id="sinks"></tbody></table>
</div>
</section>`;

/** Everything inside `body`, without the scripts. */
export const pageBody = `
<header><h1 id="application">Shardfold</h1><p id="worker"></p></header>
<main>
<section id="verdict" class="verdict" role="status" aria-live="polite"><h2>Asking the worker…</h2></section>
<noscript><p>This page needs scripts; <a href="status">/status</a> has the same as JSON.</p></noscript>
<form id="login" class="card" hidden>
<p id="token-words"></p>
<input type="text" autocomplete="username" value="shardfold" aria-label="Name" hidden>
<p><label for="token">Token</label> <input id="token" type="password" autocomplete="current-password" required> <button type="submit">Show the page</button></p>
</form>
<div id="fleet" hidden>
<section aria-label="From source to sink"><ol id="stages"></ol></section>
<section id="charts" aria-label="The last ten minutes"></section>
${pictures}
${sinks}
<section aria-labelledby="letters-title"><h2 id="letters-title">Dead letters</h2><p id="letters-words"></p><ul id="letters" hidden></ul></section>
${table}
</div>
</main>
<footer><p><span id="version">Shardfold</span> · <a href="status">status</a> · <a href="metrics">metrics</a> · <a href="livez?verbose">livez</a> · <a href="readyz">readyz</a></p></footer>`;
