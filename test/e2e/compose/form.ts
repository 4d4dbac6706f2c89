import { ask } from './client.ts';

/** Fills in the form of the page, as a browser without JavaScript does, and submits it. Returns where the receipt is. */
export async function submitForm(type: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const { status, body } = await ask(`/?type=${type}`);
  if (status !== 200) throw new Error(`the form: ${status} ${body}`);
  const filled = new URLSearchParams();
  for (const [, attributes = ''] of body.matchAll(/<input\b([^>]*)>/g)) {
    const name = /\bname="([^"]*)"/.exec(attributes)?.[1];
    const value = /\bvalue="([^"]*)"/.exec(attributes)?.[1];
    if (name !== undefined && value !== undefined) filled.set(name, value);
  }
  for (const [name, value] of Object.entries(fields)) {
    if (!body.includes(`name="${name}"`)) throw new Error(`the form has no field ${name}`);
    filled.set(name, value);
  }
  const response = await ask('/jobs', { method: 'POST', body: filled });
  if (response.status !== 303) throw new Error(`the form was answered ${response.status}: ${response.body}`);
  return response.location;
}
