export function say(text: string): void;
export class SetupError extends Error {}
export function during<T>(what: string, work: () => Promise<T>): Promise<T>;
