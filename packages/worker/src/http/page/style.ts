// How the page looks. Its colours are in `colours.ts`; it knows no value.

const frame = `
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 1.25rem; font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif; color: var(--ink); background: var(--ground); }
header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 1.5rem; }
h1 { font-size: 1.35rem; font-weight: 650; letter-spacing: -.01em; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; font-weight: 650; margin: 2rem 0 .6rem; }
p { margin: .25rem 0; }
header p, footer p { color: var(--soft); }
footer { margin-top: 2.5rem; font-size: .9rem; }
a { color: inherit; }
ul, ol { list-style: none; margin: 0; padding: 0; }
[hidden] { display: none !important; }
:focus-visible { outline: 2px solid var(--line-1); outline-offset: 2px; border-radius: 4px; }
.card { background: var(--card); border: 1px solid var(--edge); border-radius: .6rem; padding: .8rem 1rem; margin: 0; }
.old { opacity: .45; }
#login { margin-top: 1rem; max-width: 32rem; }
.patterns { position: absolute; }
`;

const head = `
.verdict { margin-top: 1rem; padding: .9rem 1.1rem; border: 1px solid var(--edge); border-left: 5px solid currentColor; border-radius: .6rem; background: var(--card); }
.verdict.good { background: var(--good-ground); }
.verdict.warn { background: var(--warn-ground); }
.verdict.bad { background: var(--bad-ground); }
.verdict h2 { margin: 0; font-size: 1.3rem; overflow-wrap: anywhere; }
.head { display: flex; align-items: center; gap: .7rem; }
.verdict ul { margin-top: .6rem; display: grid; gap: .5rem; }
.verdict li { display: grid; grid-template-columns: 6.5rem 1fr; gap: 0 .75rem; color: var(--ink); overflow-wrap: anywhere; }
.blame { grid-row: span 2; align-self: start; font-size: .8rem; font-weight: 650; border: 1px solid currentColor; border-radius: 1rem; padding: .05rem .6rem; text-align: center; }
.advice { color: var(--soft); }
.verdict.bad .advice, .verdict.warn .advice { color: inherit; opacity: .86; }
.lamp { display: inline-grid; place-items: center; flex: none; width: 1.35em; height: 1.35em; border-radius: 50%; font-size: .8em; font-weight: 700; line-height: 1; color: var(--card); background: var(--good); }
.lamp.warn { color: var(--card); background: var(--warn); }
.lamp.bad { color: var(--card); background: var(--bad); }
.verdict .lamp { font-size: 1.05rem; }
#stages { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1.4rem; margin-top: 1rem; }
#stages li { position: relative; min-width: 0; background: var(--card); border: 1px solid var(--edge); border-radius: .6rem; padding: .7rem .9rem .8rem; }
#stages li + li::before { content: '→'; position: absolute; left: -1.22rem; top: 50%; translate: 0 -50%; color: var(--soft); }
#stages h3 { display: flex; align-items: center; gap: .5rem; margin: 0; font-size: .95rem; font-weight: 600; }
#stages p { color: var(--soft); font-size: .87rem; margin: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#stages .figure { color: var(--ink); font-size: 1.45rem; font-weight: 600; letter-spacing: -.01em; margin: .15rem 0; font-variant-numeric: tabular-nums; }
`;

const pictures = `
#charts { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; margin-top: 1rem; }
figure { min-width: 0; }
figcaption { font-weight: 600; font-size: .95rem; overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; font-size: .87rem; color: var(--soft); min-height: 1.5em; }
.legend li { display: flex; align-items: center; gap: .4rem; }
.legend b { color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }
.swatch { flex: none; width: .8em; height: .8em; border-radius: 3px; }
.plot { height: 170px; margin-top: .4rem; }
#pictures { display: grid; gap: .75rem; }
#no-shards { color: var(--soft); }
#pictures svg { display: block; width: 100%; margin-top: .5rem; }
#pictures rect { shape-rendering: crispEdges; }
#pictures .lined rect { stroke: var(--card); stroke-width: 2; }
#pictures rect.done { fill: var(--ended); }
#pictures rect.after { fill: var(--card); stroke: var(--control); stroke-dasharray: 3 3; }
#pictures rect.unowned { fill: url(#hatch); }
#pictures rect.late { stroke: var(--warn); stroke-width: 4; }
#pictures rect.wrong, #pictures rect.unowned { stroke: var(--bad); stroke-width: 3; }
#pictures rect:hover { opacity: .8; }
.hatch-ground { fill: var(--bad-ground); }
.hatch-stripe { stroke: var(--bad); stroke-width: 1.5; fill: none; }
.swatch.ended { background: var(--ended); }
.swatch.outlined { border: 2px solid var(--warn); }
.swatch.hatched { background: repeating-linear-gradient(135deg, var(--bad) 0 2px, var(--bad-ground) 2px 5px); }
.ends { display: flex; justify-content: space-between; color: var(--soft); font-size: .8rem; margin: .25rem 0 0; }
#keys { display: flex; flex-wrap: wrap; gap: 0 1.1rem; margin-top: .6rem; }
#pointed { min-height: 1.5em; margin: 0; color: var(--soft); font-size: .87rem; }
`;

const tables = `
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .6rem; margin: .8rem 0; }
.tools label { color: var(--soft); }
input, select, button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--control); border-radius: .4rem; padding: .25rem .6rem; max-width: 100%; }
input::placeholder { color: var(--soft); opacity: 1; }
button { cursor: pointer; }
button[aria-disabled=true] { color: var(--soft); border-color: var(--edge); cursor: default; }
#where { font-variant-numeric: tabular-nums; color: var(--soft); min-width: 9rem; text-align: center; }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--edge); border-radius: .6rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .38rem .8rem; white-space: nowrap; font-weight: 400; }
thead th { color: var(--soft); font-weight: 600; font-size: .85rem; border-bottom: 1px solid var(--edge); }
tbody tr + tr > * { border-top: 1px solid var(--edge); }
td:last-child { white-space: normal; min-width: 15rem; overflow-wrap: anywhere; }
.sinks td:last-child { min-width: 22rem; }
.number { text-align: right; }
.mine { font-weight: 600; }
th button { border: 0; padding: 0; background: none; color: inherit; font-weight: inherit; }
th[aria-sort=ascending] button::after { content: ' ↑'; }
th[aria-sort=descending] button::after { content: ' ↓'; }
#letters { display: grid; gap: .75rem; margin-top: .6rem; }
dl { margin: 0; display: grid; gap: .15rem; }
dl div { display: grid; grid-template-columns: 4rem 1fr; gap: .75rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
details { margin-top: .5rem; }
summary { cursor: pointer; color: var(--soft); }
pre { margin: .4rem 0 0; padding: .6rem .8rem; background: var(--ground); border-radius: .4rem; font-size: .85rem; white-space: pre-wrap; overflow-wrap: anywhere; }
`;

const narrow = `
@media (max-width: 62rem) {
  #stages { grid-template-columns: 1fr 1fr; gap: .75rem; }
  #stages li + li::before { content: none; }
  #charts { grid-template-columns: 1fr; }
}
@media (max-width: 34rem) {
  body { padding: .8rem; }
  #stages p { white-space: normal; overflow-wrap: anywhere; }
  #stages .figure { font-size: 1.2rem; }
  .verdict li { grid-template-columns: 1fr; }
  .blame { justify-self: start; margin-bottom: .25rem; }
  dl div { grid-template-columns: 1fr; gap: 0; }
}
@media (prefers-reduced-motion: no-preference) {
  .old { transition: opacity .3s; }
}
`;

export const pageStyle = [frame, head, pictures, tables, narrow].join('');
