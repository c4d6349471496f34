/** Text of a server, for a terminal: what would be a command to the terminal becomes visible instead. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => (char === "\n" || char === "\t" ? char : escaped(char)));
}

/** The same for what has to stay within its line: line ends and tabs become visible, too. */
export function visibleInLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, escaped);
}

function escaped(char: string): string {
  const code = char.charCodeAt(0);
  return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, "0")}`;
}
