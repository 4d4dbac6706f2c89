import { Queue, Worker } from 'bullmq';
import { BULLMQ } from '../peers.ts';
import { type AddOptions, leaveOnSigterm, type Payload, type System } from './system.ts';

const NAME = 'bench';
const connectionTo = (redisUrl: string) => {
  const { hostname, port } = new URL(redisUrl);
  return { host: hostname, port: Number(port) };
};
export const openQueue = (redisUrl: string): Queue =>
  new Queue(NAME, { ...BULLMQ.queue, connection: connectionTo(redisUrl) });

export const bullmq: System = {
  async produce(redisUrl) {
    const queue = openQueue(redisUrl);
    await queue.waitUntilReady();
    const optionsOf = ({ runAt }: AddOptions = {}) =>
      runAt === undefined ? undefined : { delay: Math.max(0, runAt - Date.now()) };
    return {
      add: (payload, options) => queue.add('bench', payload, optionsOf(options)),
      addBulk: (payloads: readonly Payload[], options) => {
        const opts = optionsOf(options);
        return queue.addBulk(payloads.map((data) => ({ name: 'bench', data, ...(opts ? { opts } : {}) })));
      },
      close: () => queue.close(),
    };
  },
  async work({ redisUrl, name, concurrency, run }) {
    const worker = new Worker<Payload>(NAME, async ({ data }) => run(data), {
      ...BULLMQ.worker,
      connection: { ...connectionTo(redisUrl), maxRetriesPerRequest: null },
      name,
      concurrency,
    });
    worker.on('error', () => {});
    leaveOnSigterm(() => worker.close());
    await worker.waitUntilReady();
  },
  async census(redisUrl) {
    const queue = openQueue(redisUrl);
    try {
      const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized', 'failed');
      const { wait = 0, active = 0, delayed = 0, prioritized = 0, failed = 0 } = counts;
      return { unfinished: wait + active + delayed + prioritized, active, failed };
    } finally {
      await queue.close();
    }
  },
};
