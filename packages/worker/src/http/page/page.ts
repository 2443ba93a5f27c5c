// The status page: one document with its own style and scripts, so that it works without the internet. It shows what `/status` says
// and nothing else; what may run in it is named by its hash.
import { createHash } from 'node:crypto';
import { readAssets } from './assets.ts';
import { pageColours } from './colours.ts';
import { pageBody } from './html.ts';
import { pageStyle } from './style.ts';

export interface Page {
  readonly html: string;
  /** Content-Security-Policy: only this style and these scripts, and they reach only this server. */
  readonly policy: string;
}

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Reads the page's parts from the installation. */
export function createPage(): Page {
  const { style: plotStyle, scripts } = readAssets();
  const style = [plotStyle, pageColours, pageStyle].join('');
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Shardfold</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>${pageBody}
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(hashOf).join(' ')}`,
    `style-src ${hashOf(style)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { html, policy };
}
