/** The child's half of a conversation with `child.ts`: answers one request after the other. */
export function serve<Request>(answer: (request: Request) => unknown): void {
  let last: Promise<void> = Promise.resolve();
  process.on('message', (message: { readonly id: number; readonly request: Request }) => {
    last = last.then(async () => {
      try {
        send({ id: message.id, value: await answer(message.request) });
      } catch (error) {
        send({ id: message.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      }
    });
  });
  // A parent that is gone needs no answers: nothing of a benchmark outlives it.
  process.once('disconnect', () => process.exit(0));
  send({ ready: true });
}

export function specOf<Spec>(): Spec {
  return JSON.parse(process.argv[2] ?? '{}') as Spec;
}

const send = (message: object): void => void process.send?.(message);
