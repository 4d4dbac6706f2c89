import { ProdworkClient } from 'prodwork/client';
import { invoice } from './jobs.ts';

const client = new ProdworkClient({ url: process.argv[2] ?? '' });
const job = await client.submit(invoice, { cents: 999 });
const { state, result } = await client.wait(job.id, { everyMs: 50 });
process.stdout.write(JSON.stringify({ state, result }));
