import { cell } from './cell.ts';

cell('bullmq');
