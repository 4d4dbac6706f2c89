import { cell } from './cell.ts';

cell('lease');
