// What an error says to whoever ran one command: without what a worker would go on doing about it, since the command has ended. Pure; it
// knows no error.
import { maskText } from '../config/secrets.ts';

const betweenSentences = /(?<=[.!?]) (?=\p{Lu})/u;
/** Of a worker, which tries again and keeps its leases meanwhile. */
const goesOn = /\b(?:is|are) (?:retried|tried again|repeated|looked for again)\b|\basked (?:for )?again\b|^Leases in hand go on\b|^Its lease is kept\b/;
const waits = /^Writing(?: to it)? waits until [^:.]*(?:: |\.$)/;

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** The first sentence stays, and so do statements below the text. Passwords of addresses are hidden. */
export function onceText(message: string): string {
  const [text = '', ...below] = message.split('\n');
  const [first = '', ...others] = text.split(betweenSentences);
  const kept = others.flatMap((sentence) => {
    if (goesOn.test(sentence)) return [];
    const rest = sentence.replace(waits, '');
    return rest === '' ? [] : [capital(rest)];
  });
  return maskText([[first, ...kept].join(' '), ...below].join('\n'));
}

/** The same without the statements below it, and what a person can do apart from it: the last of several sentences. */
export function onceParts(message: string): { readonly what: string; readonly remedy?: string } {
  const [text = ''] = onceText(message).split('\n', 1);
  const sentences = text.split(betweenSentences);
  const remedy = sentences.length > 1 ? sentences.pop() : undefined;
  return { what: sentences.join(' '), ...(remedy === undefined ? {} : { remedy }) };
}
