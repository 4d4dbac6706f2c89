import { describe } from 'vitest';
import { conformance } from './conformance.ts';

describe('memory', () => conformance('memory', () => 'redis://unused'));
