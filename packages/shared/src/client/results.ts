/**
 * Reads the list in `{"results":[ ... ]}` while it arrives, one item after the other; nothing is held but what is not whole
 * yet. @throws SyntaxError when it ends early or is something else.
 */
export async function* resultsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let text = '';
  /** Where the scan goes on, where the item began, how deep in it the scan is. */
  let at = 0;
  let start = -1;
  let depth = 0;
  let isInString = false;
  let isInList = false;
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (!isInList) {
      const head = /^\s*\{\s*"results"\s*:\s*\[/.exec(text);
      if (head === null) continue;
      isInList = true;
      at = head[0].length;
    }
    for (; at < text.length; at++) {
      const character = text[at];
      if (isInString) {
        // A pair that is cut by the end of a chunk is looked at again with the next one.
        if (character === '\\' && at + 1 === text.length) break;
        if (character === '\\') at++;
        else if (character === '"') isInString = false;
      } else if (character === '"') isInString = true;
      else if (character === '{') {
        if (depth === 0) start = at;
        depth++;
      } else if (character === '}' && depth > 0) {
        depth--;
        if (depth > 0) continue;
        yield JSON.parse(text.slice(start, at + 1));
        text = text.slice(at + 1);
        [at, start] = [-1, -1];
      } else if (character === ']' && depth === 0) return;
    }
  }
  throw new SyntaxError('the answer ended before its list did');
}
