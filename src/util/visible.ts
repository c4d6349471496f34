/** Text of a server, for a terminal: what would be a command to the terminal becomes visible instead. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) =>
    char === "\n" || char === "\t" ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
