import type { Redis } from 'ioredis';

/** What a Redis has used so far. */
export interface RedisCost {
  /** CPU of the whole process, its disk threads included, ms. */
  readonly cpuMs: number;
  /** Memory of the data: what it allocated, less its buffers and scripts, bytes. */
  readonly dataBytes: number;
  readonly aofBytes: number;
}

const field = (info: string, name: string): number => {
  const found = new RegExp(`^${name}:([0-9.]+)`, 'm').exec(info)?.[1];
  if (found === undefined) throw new Error(`INFO has no ${name}`);
  return Number(found);
};

export async function redisCost(redis: Redis): Promise<RedisCost> {
  const info = await redis.info();
  const seconds = field(info, 'used_cpu_user') + field(info, 'used_cpu_sys');
  const buffers = field(info, 'mem_aof_buffer') + field(info, 'mem_clients_normal');
  const scripts = field(info, 'used_memory_scripts');
  return {
    cpuMs: seconds * 1000,
    dataBytes: field(info, 'used_memory') - buffers - scripts,
    aofBytes: field(info, 'aof_current_size'),
  };
}
