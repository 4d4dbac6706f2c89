/** What was stored as JSON text, as a value; where it is no JSON (planted, or damaged), the text itself. */
export function readStoredJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
