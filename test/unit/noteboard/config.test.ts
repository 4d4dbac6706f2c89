import { readConfig } from '@prodwork/noteboard/config';
import { describe, expect, it } from 'vitest';

describe("the noteboard's settings", () => {
  it('name a typing mistake, a value out of range and a URL of another kind, all at once', () => {
    const read = () =>
      readConfig({ NOTEBOARD_PROT: '1', NOTEBOARD_PORT: '70000', DATABASE_URL: 'mysql://me:secret@db/x' });
    expect(read).toThrow(/NOTEBOARD_PROT: no such setting, did you mean NOTEBOARD_PORT\?/);
    expect(read).toThrow(/NOTEBOARD_PORT="70000": must be a whole number from 0 to 65535/);
    expect(read).toThrow(/DATABASE_URL=\(hidden\): must be a URL like postgres:/);
    expect(read).not.toThrow(/secret/);
  });

  it("leave the queue's settings alone, which the runner hands to everybody", () => {
    expect(readConfig({ WORKER_SLOTS: '2', QUEUE_ENGINE: 'lease', HISTORY_STRICT: 'on' })).toMatchObject({
      port: 5100,
    });
  });
});
