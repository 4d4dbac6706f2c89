import type { System, SystemName } from './system.ts';

/** Loads one system and nothing of the others, so that a process pays for what it uses. */
export async function openSystem(name: SystemName): Promise<System> {
  switch (name) {
    case 'prodwork':
      return (await import('./prodwork.ts')).prodwork('lease');
    case 'prodwork-brpop':
      return (await import('./prodwork.ts')).prodwork('brpop');
    case 'prodwork-bullmq':
      return (await import('./prodwork.ts')).prodwork('bullmq');
    case 'bullmq':
      return (await import('./bullmq.ts')).bullmq;
    case 'bee-queue':
      return (await import('./bee-queue.ts')).beeQueue;
    case 'groupmq':
      return (await import('./groupmq.ts')).groupmq;
  }
}
