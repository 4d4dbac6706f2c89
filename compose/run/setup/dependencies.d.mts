export function areInstalled(root: string): boolean;
export function markInstalled(root: string): void;
