/** One event of a live stream. */
export interface SeenEvent {
  readonly event: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is what it checks.
  readonly data: any;
}

export interface EventStream {
  readonly response: Response;
  /** The next event that fits; those before it are passed over. */
  next(event: string, fits?: (seen: SeenEvent) => boolean): Promise<SeenEvent>;
  /** Resolves when the server has ended the stream. */
  ended(): Promise<void>;
  close(): void;
}

/** Follows a live stream as a browser would. */
export async function openEventStream(url: string, headers: Record<string, string> = {}): Promise<EventStream> {
  const controller = new AbortController();
  const response = await fetch(url, {
    signal: controller.signal,
    headers: { accept: 'text/event-stream', ...headers },
  });
  const events = response.body === null ? undefined : parse(response.body);
  return {
    response,
    async next(event, fits = () => true) {
      for (;;) {
        const step = await events?.next();
        if (step === undefined || step.done === true) throw new Error(`the stream ended before an event ${event}`);
        if (step.value.event === event && fits(step.value)) return step.value;
      }
    },
    async ended() {
      while ((await events?.next())?.done === false);
    },
    close: () => controller.abort(),
  };
}

async function* parse(body: ReadableStream<Uint8Array>): AsyncGenerator<SeenEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
      );
      text = text.slice(end + 2);
      if (fields.event) yield { event: fields.event, id: fields.id ?? '', data: JSON.parse(fields.data ?? 'null') };
    }
  }
}
