/** What one human monitor remembers from command to command. */
export interface HmpMemory {
  /** How memory was shown last: a letter, and bytes. */
  format: string;
  size: number;
  /** It was told to end the machine, and says nothing more. */
  isLeaving: boolean;
}

export function newMemory(): HmpMemory {
  return { format: "x", size: 4, isLeaving: false };
}
