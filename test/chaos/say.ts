/** Progress for people: what happens, when, and in which scenario. */
export interface Teller {
  line(text: string): void;
  /** The same line over and over on a terminal; nothing where the output is a file. */
  status(text: string): void;
}

export function tellerOf(output: NodeJS.WriteStream): Teller {
  const isTerminal = output.isTTY === true;
  const wipe = isTerminal ? '\r\u001b[2K' : '';
  return {
    line: (text) => void output.write(`${wipe}${text}\n`),
    status: (text) => {
      if (isTerminal) output.write(`${wipe}${text.slice(0, (output.columns ?? 100) - 1)}`);
    },
  };
}
