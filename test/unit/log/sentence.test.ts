import { sentence } from 'prodwork/log';
import { describe, expect, it } from 'vitest';

describe('a line of the log for people', () => {
  it('says who did what with which job', () => {
    const event = { level: 30, msg: 'job started', workerId: 'prodwork-worker-2', jobId: 'a-3', type: 'sleep' };
    expect(sentence(event, 'msg')).toBe('prodwork-worker-2: job started a-3 sleep');
  });

  it('leaves out what is not known', () => {
    expect(sentence({ msg: 'draining', workerId: 'worker-1' }, 'msg')).toBe('worker-1: draining');
    expect(sentence({ msg: 'not ready' }, 'msg')).toBe('not ready');
  });

  it('stays one line, whatever a name holds', () => {
    expect(sentence({ msg: 'job started', type: 'x\r\n\u001b[31mred' }, 'msg')).toBe(
      'job started x\\u000d\\u000a\\u001b[31mred',
    );
  });
});
