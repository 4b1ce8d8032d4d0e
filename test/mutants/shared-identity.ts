/** The mistake that Drover exists to make impossible: who replies is looked up in a place that all branches share. */
import { join } from 'node:path';
import type { Mutation } from '../support/mutant';

/** The file that is changed. */
export const MUTATED_FILE = join(__dirname, '../../src/rules/coordination/branch.ts');

/** Keeps the replying agent in module state instead of in the branch's own frame. */
export const SHARED_IDENTITY: readonly Mutation[] = [
  { find: '  const replier = state.agent;', replace: '  shared.replier = state.agent;' },
  {
    find: 'checkReply(state.context.topology, replier, outcome.reply)',
    replace: 'checkReply(state.context.topology, shared.replier, outcome.reply)',
  },
  {
    find: 'turnTimeout(state.context.topology, replier)',
    replace: 'turnTimeout(state.context.topology, shared.replier)',
  },
  {
    find: 'const INVALID_REPLIES = 4;',
    replace: "const INVALID_REPLIES = 4;\nconst shared = { replier: '' };",
  },
];
