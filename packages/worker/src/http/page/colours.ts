// The colours of the page, in light and in dark: quiet grounds, and three colours that mean something. Texts have a contrast of 4.5 to
// their ground at least, drawings of 3. It knows no element.

/** For workers, in the order of `owners.ts`; told apart also by who sees red and green alike, as far as eight can be. */
const owners = {
  light: ['#3f72d8', '#1c8a74', '#9a5fd0', '#c0702a', '#c14f86', '#6f8419', '#2f8fb0', '#8a6a4f'],
  dark: ['#6d9bf5', '#3fb89c', '#b88cf0', '#dd944f', '#e07fae', '#a3b83f', '#5ab9d8', '#b8967a'],
};

const light = {
  ink: '#1d2430',
  soft: '#5a6474',
  ground: '#f5f6f8',
  card: '#ffffff',
  edge: '#dfe3e9',
  control: '#868f9d',
  good: '#1a7045',
  'good-ground': '#e6f4ec',
  warn: '#7d5300',
  'warn-ground': '#fdf3d9',
  bad: '#b3202c',
  'bad-ground': '#fdeaea',
  ended: '#dde2e9',
  'line-1': '#3f72d8',
  'line-2': '#9a5fd0',
  'line-3': '#1c8a74',
  'line-fill': 'rgba(63, 114, 216, 0.10)',
};

const dark: typeof light = {
  ink: '#e4e8ee',
  soft: '#9da7b5',
  ground: '#12151a',
  card: '#1a1e25',
  edge: '#2d333d',
  control: '#6b7585',
  good: '#6fcf97',
  'good-ground': '#16281f',
  warn: '#e8bd55',
  'warn-ground': '#2c2514',
  bad: '#ff9494',
  'bad-ground': '#36191c',
  ended: '#303743',
  'line-1': '#6d9bf5',
  'line-2': '#b88cf0',
  'line-3': '#3fb89c',
  'line-fill': 'rgba(109, 155, 245, 0.12)',
};

function declared(theme: typeof light, ofOwners: readonly string[]): string {
  const colours = [...Object.entries(theme), ...ofOwners.map((colour, index) => [`o${index}`, colour] as const)];
  return colours.map(([name, colour]) => `--${name}: ${colour};`).join(' ');
}

const ownerRules = owners.light
  .map((_colour, index) => `.o${index} { fill: var(--o${index}); background: var(--o${index}); } .w${index} { box-shadow: inset 4px 0 var(--o${index}); }`)
  .join('\n');

export const pageColours = `
:root { color-scheme: light dark; ${declared(light, owners.light)} }
@media (prefers-color-scheme: dark) { :root { ${declared(dark, owners.dark)} } }
.good { color: var(--good); }
.warn { color: var(--warn); }
.bad { color: var(--bad); }
${ownerRules}
.line-1 { background: var(--line-1); }
.line-2 { background: var(--line-2); }
.line-3 { background: var(--line-3); }
`;
