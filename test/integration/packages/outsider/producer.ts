import { runProducer } from '@prodwork/producer/run-producer';
import { invoice } from './jobs.ts';

await runProducer({ jobTypes: [invoice] });
