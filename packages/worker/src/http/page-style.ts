// How the status page looks, in light and in dark. It knows no value.

export const pageStyle = `
:root { --ink: #1b1f24; --soft: #57606a; --ground: #ffffff; --card: #f6f8fa; --edge: #d0d7de; --good: #116329; --good-ground: #dafbe1; --bad: #a40e26; --bad-ground: #ffebe9; --wait: #7d4e00; --wait-ground: #fff8c5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --ground: #0d1117; --card: #161b22; --edge: #3d444d; --good: #7ee787; --good-ground: #12261e; --bad: #ff9492; --bad-ground: #3c1418; --wait: #f0c000; --wait-ground: #2e2a1f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 80rem; padding: 1rem; font: 16px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
header p, footer p { color: var(--soft); margin: .25rem 0; }
a { color: inherit; }
.pill { border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; }
.verdict { margin-top: 1rem; padding: .75rem 1rem; border: 1px solid currentColor; border-radius: .5rem; background: var(--card); }
.verdict h2 { margin: 0; font-size: 1.25rem; }
.verdict ul { margin: .25rem 0 0; padding-left: 1.25rem; }
.verdict ul:empty { display: none; }
.good { color: var(--good); background: var(--good-ground); }
.bad { color: var(--bad); background: var(--bad-ground); }
.wait { color: var(--wait); background: var(--wait-ground); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: .5rem; margin: 0; }
dl div { background: var(--card); border: 1px solid var(--edge); border-radius: .5rem; padding: .5rem .75rem; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: 60px; margin-top: .5rem; border-bottom: 1px solid var(--edge); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--edge); white-space: nowrap; }
td:last-child { white-space: normal; min-width: 8rem; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; }
.number { text-align: right; }
.mine { font-weight: 600; }
`;
