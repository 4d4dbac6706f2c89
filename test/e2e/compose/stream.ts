/** One event of a live stream, its data read. */
export interface StreamEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The named events of an open stream, as they come. */
export async function* eventsOf(response: Response): AsyncGenerator<StreamEvent> {
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (event !== undefined && data !== undefined) {
        yield { event, data: JSON.parse(data) as Readonly<Record<string, unknown>> };
      }
    }
  }
}
