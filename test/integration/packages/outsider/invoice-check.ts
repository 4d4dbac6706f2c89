import assert from 'node:assert/strict';
import test from 'node:test';
import { testQueue } from 'prodwork/testing';
import { invoiceHandler } from './handlers.ts';
import { invoice } from './jobs.ts';

test('an invoice is written', async () => {
  const queue = await testQueue([invoiceHandler]);
  const { id } = await queue.submit(invoice, { cents: 1250 });
  await queue.runToCompletion();
  assert.deepEqual((await queue.job(id)).result, { text: '12.50 due' });
  await queue.close();
});
