// Exit code 0 when the URL answers 2xx within 4 s; the health check of the producer's and the worker's containers.
try {
  const answer = await fetch(process.argv[2], { signal: AbortSignal.timeout(4_000) });
  if (!answer.ok) console.error(`${answer.status} ${(await answer.text()).slice(0, 500)}`);
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  console.error(String(error.cause ?? error));
  process.exitCode = 1;
}
