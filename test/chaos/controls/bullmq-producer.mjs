/** The door to a plain BullMQ queue, with the one route that the client of a run uses. */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';

const { BULLMQ_FOLDER, REDIS_URL, PRODUCER_PORT } = process.env;
const { Queue } = createRequire(join(BULLMQ_FOLDER, 'package.json'))('bullmq');
const { hostname: host, port } = new URL(REDIS_URL);
const connection = { host, port: Number(port), enableOfflineQueue: false, maxRetriesPerRequest: 1 };
const queue = new Queue('default', { connection, defaultJobOptions: { removeOnComplete: false, attempts: 3 } });
queue.on('error', () => {});

async function submit(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  const { type, payload, id } = JSON.parse(text);
  const jobId = id ?? request.headers['idempotency-key'];
  const job = await queue.add(type, payload, jobId ? { jobId } : {});
  return { id: job.id };
}

createServer((request, response) => {
  const answer = (status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (request.method !== 'POST') return answer(200, {});
  submit(request).then(
    (job) => answer(202, job),
    // Whether it was stored, the client library does not say.
    () => answer(503, { code: 'SUBMIT_UNKNOWN' }),
  );
}).listen(Number(PRODUCER_PORT), '127.0.0.1');

process.on('SIGTERM', () => process.exit(0));
