const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Now in ms on the machine's monotonic clock: the same in every process on it, and not moved by a clock that is set. */
export const now = (): number => performance.now() + offset;
