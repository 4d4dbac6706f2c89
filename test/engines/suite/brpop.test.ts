import { cell } from './cell.ts';

cell('brpop');
