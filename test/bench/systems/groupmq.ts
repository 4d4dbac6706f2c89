import { Queue, Worker } from 'groupmq';
import { Redis } from 'ioredis';
import { GROUPMQ } from '../peers.ts';
import { leaveOnSigterm, type Payload, type System } from './system.ts';

const NAMESPACE = 'bench';
const connect = (redisUrl: string): Redis => new Redis(redisUrl, { maxRetriesPerRequest: null });
const queueOn = (redis: Redis) => new Queue<Payload>({ ...GROUPMQ.queue, redis, namespace: NAMESPACE });

export const groupmq: System = {
  async produce(redisUrl) {
    const redis = connect(redisUrl);
    const queue = queueOn(redis);
    const add = (data: Payload) => queue.add({ groupId: `g${data.n % GROUPMQ.groups}`, data });
    return {
      add,
      addBulk: (payloads) => Promise.all(payloads.map(add)),
      async close() {
        await queue.close();
        redis.disconnect();
      },
    };
  },
  async work({ redisUrl, name, concurrency, run }) {
    const redis = connect(redisUrl);
    const worker = new Worker<Payload>({
      ...GROUPMQ.worker,
      queue: queueOn(redis),
      name,
      concurrency,
      handler: async ({ data }) => run(data),
    });
    worker.on('error', () => {});
    leaveOnSigterm(() => worker.close());
    void worker.run();
  },
  async census(redisUrl) {
    const redis = connect(redisUrl);
    try {
      const { waiting, active, delayed, failed } = await queueOn(redis).getJobCounts();
      return { unfinished: waiting + active + delayed, active, failed };
    } finally {
      redis.disconnect();
    }
  },
};
