import { createHash } from 'node:crypto';
import { handle, PermanentError } from 'prodwork/job/handle';
import { httpCheck as definition } from 'prodwork/jobs/http-check';
import { type Dispatcher, request } from 'undici';
import type { Exception } from '../http-check/addresses.ts';
import { guardedAgent, judgeUrl, type Resolve, resolveBySystem } from '../http-check/guarded-agent.ts';

const REDIRECTS_MAX = 5;
/** A longer body is cut off, and the job says so. */
const BODY_MAX = 50 * 1024 * 1024;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const HEADERS = { 'user-agent': 'prodwork http-check', accept: '*/*', 'accept-encoding': 'identity' };

/** @param exceptions what may be asked beside the public web. */
export const httpCheckHandler = (exceptions: readonly Exception[], resolve: Resolve = resolveBySystem) =>
  handle(definition, {
    async run({ url: asked }, { signal, progress }) {
      const startedAt = performance.now();
      const redirects: string[] = [];
      for (let url = parse(asked); ; ) {
        judgeUrl(url, exceptions);
        const agent = guardedAgent(url, exceptions, resolve);
        try {
          const answer = await request(url, { dispatcher: agent, method: 'GET', headers: HEADERS, signal }).catch(
            unwrapped,
          );
          const next = nextOf(answer, url);
          if (next === undefined) {
            progress(50);
            const body = await digest(answer);
            const ms = Math.round(performance.now() - startedAt);
            const type = String(answer.headers['content-type'] ?? '').slice(0, 200);
            return { status: answer.statusCode, url: shown(url), type, ...body, ms, redirects };
          }
          if (redirects.push(shown(next)) > REDIRECTS_MAX)
            throw new PermanentError(`more than ${REDIRECTS_MAX} redirects`);
          url = next;
        } finally {
          // Also what has not been read of a redirect's body.
          await agent.destroy();
        }
      }
    },
  });

/** Names and passwords in an address are sent to whoever it leads to, and would be kept with the job. */
function parse(text: string): URL {
  if (!URL.canParse(text)) throw new PermanentError('this is no address');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new PermanentError('only http and https are asked');
  if (url.username !== '' || url.password !== '')
    throw new PermanentError('an address with a name and password is not asked');
  return url;
}

function nextOf({ statusCode, headers }: Dispatcher.ResponseData, from: URL): URL | undefined {
  const { location } = headers;
  if (!REDIRECTS.has(statusCode) || typeof location !== 'string') return undefined;
  if (!URL.canParse(location, from.href)) throw new PermanentError('the redirect leads to no address');
  return parse(new URL(location, from).href);
}

async function digest({ body }: Dispatcher.ResponseData): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > BODY_MAX) throw new PermanentError(`the body is longer than ${BODY_MAX / 1024 / 1024} MiB`);
    hash.update(chunk);
  }
  return { bytes, sha256: hash.digest('hex') };
}

const shown = (url: URL): string => url.href.slice(0, 2_000);

/** What the look-up refused may arrive as the cause of what the client throws. */
function unwrapped(error: unknown): never {
  for (let one: unknown = error; one instanceof Error; one = one.cause) if (one instanceof PermanentError) throw one;
  throw error;
}
