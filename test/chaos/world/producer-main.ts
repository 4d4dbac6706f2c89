import { runProducer } from '@prodwork/producer/run-producer';
import { chaosJobTypes } from './jobs.ts';

await runProducer({ jobTypes: chaosJobTypes });
