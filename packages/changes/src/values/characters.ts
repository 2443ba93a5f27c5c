// The character codes that readers of text look for. It reads nothing.
//
// Who compares many of them makes them constants of its own (`const { comma } = characters`): V8 looks up an imported one each time that
// it is used, which takes longer than the comparison.

export const tab = 0x09;
export const newline = 0x0a;
export const carriageReturn = 0x0d;
export const space = 0x20;
export const doubleQuote = 0x22;
export const singleQuote = 0x27;
export const openCall = 0x28;
export const closeCall = 0x29;
export const plus = 0x2b;
export const comma = 0x2c;
export const minus = 0x2d;
export const point = 0x2e;
export const zero = 0x30;
export const nine = 0x39;
export const colon = 0x3a;
export const equals = 0x3d;
export const capitalD = 0x44;
export const capitalE = 0x45;
export const capitalN = 0x4e;
export const capitalT = 0x54;
export const openBracket = 0x5b;
export const backslash = 0x5c;
export const closeBracket = 0x5d;
export const underscore = 0x5f;
export const smallA = 0x61;
export const smallB = 0x62;
export const smallD = 0x64;
export const smallE = 0x65;
export const smallF = 0x66;
export const smallN = 0x6e;
export const smallT = 0x74;
export const smallU = 0x75;
export const smallZ = 0x7a;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
