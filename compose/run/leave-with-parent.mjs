/**
 * Loaded into every process that the runner starts (`--import`): when the runner is gone, even by `kill -9`, the process
 * stops as if it had been sent SIGTERM. The runner holds the other end of standard input and never writes to it.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const runner = Number(new URL(import.meta.url).searchParams.get('runner'));

// Threads and further child processes inherit this import, but not this duty: their standard input is something else.
if (isMainThread && process.ppid === runner) {
  const leave = () => process.kill(process.pid, 'SIGTERM');
  process.stdin.once('end', leave).once('error', leave).resume();
  process.stdin.unref();
}
