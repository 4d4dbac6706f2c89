import BeeQueue from 'bee-queue';
import { BEE_QUEUE } from '../peers.ts';
import { leaveOnSigterm, type Payload, type System } from './system.ts';

const NAME = 'bench';
const redisOf = (redisUrl: string) => {
  const { hostname, port } = new URL(redisUrl);
  return { host: hostname, port: Number(port) };
};

export const beeQueue: System = {
  async produce(redisUrl) {
    const queue = new BeeQueue<Payload>(NAME, { ...BEE_QUEUE.producer, redis: redisOf(redisUrl) });
    await queue.ready();
    const jobOf = (payload: Payload) => queue.createJob(payload).retries(BEE_QUEUE.retries);
    return {
      add: (payload) => jobOf(payload).save(),
      async addBulk(payloads) {
        const faults = await queue.saveAll(payloads.map(jobOf));
        for (const fault of faults.values()) throw fault;
      },
      close: () => queue.close(),
    };
  },
  async work({ redisUrl, concurrency, run }) {
    const queue = new BeeQueue<Payload>(NAME, { ...BEE_QUEUE.worker, redis: redisOf(redisUrl) });
    queue.on('error', () => {});
    await queue.ready();
    leaveOnSigterm(() => queue.close());
    queue.process(concurrency, async ({ data }) => run(data));
  },
  async census(redisUrl) {
    const queue = new BeeQueue<Payload>(NAME, { ...BEE_QUEUE.producer, redis: redisOf(redisUrl) });
    try {
      const { waiting, active, delayed, failed } = await queue.checkHealth();
      return { unfinished: waiting + active + delayed, active, failed };
    } finally {
      await queue.close();
    }
  },
};
