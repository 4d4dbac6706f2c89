import { redisConformance } from './redis-suite.ts';

redisConformance('bullmq');
