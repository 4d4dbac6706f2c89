import { handle } from 'prodwork/job/handle';
import { invoice } from './jobs.ts';

export const invoiceHandler = handle(invoice, {
  run: async ({ cents }) => ({ text: `${(cents / 100).toFixed(2)} due` }),
});
