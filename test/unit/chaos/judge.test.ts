import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Books } from '../../chaos/books/books.ts';
import { type Evidence, judge, recoveries } from '../../chaos/books/judge.ts';

let dir: string;
let books: Books;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'prodwork-books-'));
  books = new Books(dir);
});
afterEach(() => {
  books.close();
  rmSync(dir, { recursive: true });
});

const client = (e: string, ref: string, more: object = {}): void =>
  appendFileSync(join(dir, 'client.jsonl'), `${JSON.stringify({ e, ref, at: 1_000, ...more })}\n`);
const accepted = (id: string): void => {
  client('try', id, { chosen: id });
  client('ok', id, { id });
};
function worker(name: string, e: string, id: string, fence: number, at: number, more: object = {}): void {
  const line = { e, id, generation: 1, fence, ...more, type: 'work', delivery: 1, attempt: 1, worker: name, at };
  appendFileSync(join(dir, `${name}.jsonl`), `${JSON.stringify(line)}\n`);
}
/** A whole life of a job on one worker. */
function ran(name: string, id: string, fence: number, from: number, to: number): void {
  worker(name, 'start', id, fence, from);
  worker(name, 'end', id, fence, to);
  worker(name, 'commit', id, fence, to + 1, { outcome: 'complete' });
}
const nowhere = async (ids: readonly string[]) => ids.map(() => undefined);
const verdict = (more: Partial<Evidence> = {}) => {
  books.poll();
  return judge({ books, impairments: [], kills: [], lookUp: nowhere, ...more });
};

test('a job that was accepted, started once and committed is no matter', async () => {
  accepted('a');
  ran('w1', 'a', 10, 2_000, 2_100);
  expect(await verdict()).toMatchObject({ jobs: 1, committed: 1, lost: 0, doubleCommits: 0, phantom: 0, overlaps: 0 });
});

test('a job that was accepted, has no commit and is in no state is lost', async () => {
  accepted('a');
  expect(await verdict()).toMatchObject({ lost: 1, lostIds: ['a'], unfinished: 0 });
});

test('a job without a commit that the queue knows is unfinished, or ended unseen', async () => {
  accepted('a');
  accepted('b');
  const states = { a: 'active', b: 'completed' } as const;
  const lookUp = async (ids: readonly string[]) =>
    ids.map((id) => ({ id, state: id === 'a' ? states.a : states.b, payload: {} }));
  expect(await verdict({ lookUp })).toMatchObject({ lost: 0, unfinished: 1, unfinishedIds: ['a'], commitUnseen: 1 });
});

test('two commits of one generation with different fences are a double commit, a repeated line is none', async () => {
  accepted('a');
  ran('w1', 'a', 10, 2_000, 2_100);
  worker('w1', 'commit', 'a', 10, 2_102, { outcome: 'complete' });
  expect(await verdict()).toMatchObject({ doubleCommits: 0 });
  ran('w2', 'a', 11, 3_000, 3_100);
  expect(await verdict()).toMatchObject({ doubleCommits: 1 });
});

test('a job that nobody submitted is a phantom, one whose submit got no answer is none', async () => {
  ran('w1', 'ghost', 10, 2_000, 2_100);
  client('try', 'open', { chosen: 'open' });
  client('unknown', 'open');
  ran('w1', 'open', 11, 2_200, 2_300);
  expect(await verdict()).toMatchObject({ phantom: 1, phantomIds: ['ghost'] });
});

test('a generated id is traced to its submit by the payload', async () => {
  client('try', 'r-1');
  client('unknown', 'r-1');
  ran('w1', 'default.0.x', 10, 2_000, 2_100);
  const lookUp = async (ids: readonly string[]) =>
    ids.map((id) => ({ id, state: 'completed' as const, payload: { ref: 'r-1' } }));
  expect(await verdict({ lookUp })).toMatchObject({ phantom: 0 });
});

test('a start while another worker runs the job is an overlap, excused only if that one could not renew', async () => {
  accepted('a');
  worker('w1', 'start', 'a', 10, 2_000);
  ran('w2', 'a', 11, 3_000, 3_500);
  worker('w1', 'end', 'a', 10, 4_000);
  expect(await verdict()).toMatchObject({ overlaps: 1, overlapsExcused: 0, duplicateStarts: 1 });
  const frozen = [{ worker: 'w1', from: 2_100, to: 3_900 }];
  expect(await verdict({ impairments: frozen })).toMatchObject({ overlaps: 1, overlapsExcused: 1 });
  const another = [{ worker: 'w2', from: 2_100, to: 3_900 }];
  expect(await verdict({ impairments: another })).toMatchObject({ overlaps: 1, overlapsExcused: 0 });
});

test('what a killed worker had in hand ended with it: the next start is no overlap, and its delay is the recovery', async () => {
  accepted('a');
  worker('w1', 'start', 'a', 10, 2_000);
  books.poll();
  const victims = books.inHand('w1').map(({ job, run }) => ({ id: job.id, fence: run.fence }));
  books.died('w1', 2_500);
  ran('w2', 'a', 11, 3_400, 3_500);
  const kill = { fault: 'F01', worker: 'w1', at: 2_500, victims, isMeasured: true };
  expect(await verdict({ kills: [kill] })).toMatchObject({ overlaps: 0, duplicateStarts: 1, recoveryMs: { max: 900 } });
  expect(recoveries(books, kill)).toEqual([900]);
});

test('a settle that was answered lost, or not at all, is asked for while the job is still kept', async () => {
  for (const id of ['a', 'b', 'c']) accepted(id);
  for (const id of ['a', 'b', 'c']) worker('w1', 'start', id, 10, 2_000);
  worker('w1', 'lost', 'a', 10, 2_100);
  worker('w1', 'commit?', 'b', 10, 2_100, { outcome: 'complete' });
  worker('w1', 'lost', 'c', 10, 2_100);
  worker('w2', 'start', 'c', 11, 2_200);
  books.poll();
  expect([...books.orphaned.keys()]).toEqual(['a', 'b']);
});

test('a start after an honest hand-back is no duplicate', async () => {
  accepted('a');
  worker('w1', 'start', 'a', 10, 2_000);
  worker('w1', 'end', 'a', 10, 2_100);
  worker('w1', 'handback', 'a', 10, 2_101, { outcome: 'retry' });
  ran('w2', 'a', 11, 3_000, 3_100);
  expect(await verdict()).toMatchObject({ duplicateStarts: 0 });
});

test('a later start with a lower fence is seen', async () => {
  accepted('a');
  ran('w2', 'a', 11, 2_000, 2_100);
  worker('w1', 'start', 'a', 10, 2_500);
  expect(await verdict()).toMatchObject({ fencesOutOfOrder: 1 });
  // Unless that worker stood still between its claim and its start.
  const frozen = [{ worker: 'w1', from: 1_000, to: 3_000 }];
  expect(await verdict({ impairments: frozen })).toMatchObject({ fencesOutOfOrder: 0 });
});

test('what was accepted or committed in the last two seconds before a power cut has columns of its own', async () => {
  accepted('a');
  accepted('b');
  ran('w1', 'b', 10, 2_000, 2_100);
  ran('w2', 'b', 11, 6_000, 6_100);
  const both = await verdict({ powerCuts: [2_500] });
  expect(both).toMatchObject({ lost: 0, lostToPowerCut: 1, doubleCommits: 0, repeatedAfterPowerCut: 1 });
  expect(await verdict({ powerCuts: [5_000] })).toMatchObject({ lost: 1, doubleCommits: 1 });
});

test('a line that a kill cut off is counted, and the next one is read', async () => {
  accepted('a');
  appendFileSync(join(dir, 'w1.jsonl'), '{"e":"start","id":"a","gen');
  ran('w1', 'a', 10, 2_000, 2_100);
  expect(await verdict()).toMatchObject({ committed: 1, tornLines: 1 });
});
