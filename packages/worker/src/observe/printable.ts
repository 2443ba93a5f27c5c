// Makes text that anybody may have written safe to show: it ends no line, moves no cursor and turns nothing round. It knows no secret.

/** Controls of a terminal, ends of lines, and marks that change the order in which a line is shown. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const escaped = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** In one line; as in JSON, `\u000a` stands for a line feed. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, escaped);
}

/** The same for text of several lines: line feeds and tabs stay. */
export function printableLines(text: string): string {
  return text.replaceAll(unprintable, (sign) => (sign === '\n' || sign === '\t' ? sign : escaped(sign)));
}
