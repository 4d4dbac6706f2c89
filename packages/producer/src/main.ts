import { jobTypes } from 'prodwork/jobs/catalog';
import { runProducer } from './run-producer.ts';

await runProducer({ jobTypes });
