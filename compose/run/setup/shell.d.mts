export interface Captured {
  readonly code: number;
  readonly output: string;
}
export function capture(
  command: string,
  args: readonly string[],
  options?: { cwd?: string; env?: NodeJS.ProcessEnv },
): Promise<Captured>;
export function tail(output: string, lines?: number): string;
