/** Resolves with what gives the lock back. */
export function lockSetup(dir: string): Promise<() => void>;
