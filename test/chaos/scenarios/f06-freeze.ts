import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';
import { createEffects } from '../world/handlers.ts';
import { readNotes } from '../world/notes.ts';
import { inHand, movedAway, untilAfter } from './acts.ts';

const FROZEN_MS = 30_000;
const NAME = 'worker-1';

export const freeze: Scenario = {
  id: 'F06',
  title: 'SIGSTOP of a worker for 30 s, then SIGCONT',
  async run(stage) {
    const { world } = stage;
    const file = join(world.dir, 'effects.sqlite');
    createEffects(file);
    await wait(2_000);
    // Enough of them that the worker to be frozen has some; they outlast the freeze's first seconds.
    const written = Array.from({ length: 9 }, () =>
      world.load.place({ type: 'fenced-write', payload: { ms: 4_000, file } }),
    );
    const ids = new Set(await Promise.all(written));
    await stage.timeUntil(Date.now(), 10_000, () => {
      world.books.poll();
      return world.books.inHand(NAME).some(({ job }) => ids.has(job.id));
    });
    const end = world.impair(NAME);
    const fault = stage.fault('F06', `SIGSTOP ${NAME} for ${FROZEN_MS / 1_000} s`);
    world.worker(NAME).process.signal('SIGSTOP');
    await wait(300);
    const held = await inHand(stage, NAME);
    const fencedHere = held.filter((id) => ids.has(id));
    const movedMs = await movedAway(stage, fault.at, held, NAME, 25_000);
    if (movedMs !== undefined) fault.recoveredMs = movedMs;
    await untilAfter(fault, FROZEN_MS);
    world.worker(NAME).process.signal('SIGCONT');
    const wokeAt = Date.now();
    fault.until = wokeAt;
    end();
    stage.check(
      'jobs in hand when it froze',
      fencedHere.length > 0,
      `${held.length}, ${fencedHere.length} of them fenced writes`,
      'more than 0',
    );
    stage.atMost('freeze to the start of its last job elsewhere', movedMs, 12_000, fault.at);
    stage.atMost('waking to its next start', await stage.firstStartAfter(wokeAt, 20_000, NAME), 5_000, wokeAt);
    await wait(5_000);
    const notes = readNotes(world.notesFile).filter(({ id }) => fencedHere.includes(id));
    const aborted = notes.filter(({ note, detail }) => note === 'aborted' && detail === 'LEASE_LOST');
    const lastAbort = aborted.length === 0 ? undefined : Math.max(...aborted.map(({ at }) => at - wokeAt));
    stage.atMost('waking to the signal, last', lastAbort, 1_000, wokeAt);
    const late = notes.filter(({ note, at }) => note === 'write' && at >= wokeAt);
    const refused = late.filter(({ detail }) => detail === 'refused').length;
    stage.check(
      'late fenced writes that the database refused',
      late.length > 0 && refused === late.length,
      `${refused} of ${late.length}`,
      'all',
    );
    world.books.poll();
    const lost = held.filter((id) => world.books.jobs.get(id)?.runs.some((run) => run.worker === NAME && run.lost));
    stage.check(
      'its late settles answered lost',
      lost.length === held.length,
      `${lost.length} of ${held.length}`,
      'all',
    );
  },
};
