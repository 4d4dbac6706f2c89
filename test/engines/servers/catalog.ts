/** One server release that the suites run on. */
export interface ServerRelease {
  readonly id: string;
  /** What the program says of itself: `Redis 7.0.15`. */
  readonly isIt: RegExp;
  readonly program: 'redis-server' | 'valkey-server';
  /** The Debian release that has it, under the name of its program. */
  readonly suite: string;
  /** The image that has it, for systems without Debian's packages. */
  readonly image: string;
}

export const SERVERS: readonly ServerRelease[] = [
  { id: 'redis-7.0', isIt: /^Redis 7\.0\./, program: 'redis-server', suite: 'bookworm', image: 'redis:7.0' },
  { id: 'redis-8', isIt: /^Redis 8\./, program: 'redis-server', suite: 'trixie', image: 'redis:8' },
  { id: 'valkey-8', isIt: /^Valkey 8\./, program: 'valkey-server', suite: 'trixie', image: 'valkey/valkey:8' },
  { id: 'valkey-9', isIt: /^Valkey 9\./, program: 'valkey-server', suite: 'forky', image: 'valkey/valkey:9' },
];
