import type { Verdict } from '../books/judge.ts';

/** One place in the source that a mutation changes. The text must be there: a mutation that no longer applies fails. */
export interface Edit {
  /** From the root of the checkout. */
  readonly file: string;
  readonly from: RegExp;
  readonly to: string;
}

/** A fault put into the product on purpose. The scenario must see it. */
export interface Mutation {
  readonly name: string;
  readonly what: string;
  readonly edits: readonly Edit[];
  /** Further arguments of Redis. */
  readonly redisArgs?: readonly string[];
  /** Which scenario must turn red. */
  readonly scenario: string;
  readonly budgetMs: number;
  /** What the books must show; another red is not the proof. */
  readonly mustShow: string;
  readonly isShown: (verdict: Verdict) => boolean;
}

const LUA = 'packages/shared/src/engines/lease/lua';

export const mutations: readonly Mutation[] = [
  {
    name: 'skip-lease-check',
    what: 'a settle is recorded without looking who holds the lease',
    edits: [
      { file: `${LUA}/turn.lua`, from: /if not w\[1\] then return \{ 'gone' \} end/, to: "w[1] = w[1] or '?'" },
      {
        file: `${LUA}/end-in.lua`,
        from: /return held and string\.find\(held, fence, 1, true\) == 1 and string\.byte\(held, #fence \+ 1\) == 32/,
        to: 'return true',
      },
      {
        file: `${LUA}/settle.lua`,
        from: /return settleMixed\(/,
        to: "for i = 1, n do holds[i] = holds[i] or '0 ' .. now .. ' 1 1 1work' end return settleMixed(",
      },
      {
        file: 'packages/shared/src/engines/lease/consumer.ts',
        from: /else if \(held\.isHeld && !held\.isSettling\) this\.drop\(held\);/,
        to: '',
      },
      {
        file: 'packages/shared/src/engines/lease/consumer.ts',
        from: /if \(tag === 'gone'\) return false;/,
        to: "if (tag === 'gone') return true;",
      },
    ],
    scenario: 'F06',
    budgetMs: 60_000,
    mustShow: 'double commits',
    isShown: ({ doubleCommits }) => doubleCommits > 0,
  },
  {
    name: 'stop-reaper',
    what: 'what a dead worker held is not taken back',
    edits: [{ file: `${LUA}/reap.lua`, from: /settle\(inc, w\[1\] or '\?', from, 1, #claims, 0, [^\n]*/, to: '' }],
    scenario: 'F01',
    budgetMs: 24_000,
    mustShow: 'unfinished or lost jobs',
    isShown: ({ unfinished, lost }) => unfinished + lost > 0,
  },
  {
    name: 'aof-off',
    what: 'Redis keeps no append-only file',
    edits: [],
    redisArgs: ['--appendonly', 'no'],
    scenario: 'F08',
    budgetMs: 24_000,
    mustShow: 'lost jobs',
    isShown: ({ lost }) => lost > 0,
  },
];
