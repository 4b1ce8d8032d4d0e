/** The field `adapter` of an agent in a fleet file. */
import { z } from 'zod';
import { COMMAND_FORMATS, PERMISSIONS, SESSION_SCOPES } from '../agent';
import { field, positiveDuration as positive, strict } from './fields';
import { filled, secret, some, url } from './texts';

const cwd = field(filled, 'The folder in which it works, relative to the file; by default the folder of the file.', {
  example: './repo',
});

const session = field(
  z.enum(SESSION_SCOPES),
  'Which turns continue one session: all of the agent, those of a run, or those of a branch.',
  { default: 'branch' },
);

const command = field(
  strict({
    run: field(some(filled), 'The program and its arguments, started once a turn with the prompt on stdin.', {
      example: ['codex', 'exec', '--json'],
    }),
    format: field(z.enum(COMMAND_FORMATS), 'The format of its output.', { default: 'text' }).optional(),
    cwd: cwd.optional(),
    timeout: field(positive, 'After this time the command and its children are killed, and the turn fails.', {
      example: '10m',
    }).optional(),
    session: session.optional(),
  }),
  'A command line tool.',
);

const acp = field(
  strict({
    command: field(some(filled), 'The program and its arguments, started once for all turns.', {
      example: ['claude-agent-acp'],
    }),
    cwd: cwd.optional(),
    permissions: field(
      z.enum(PERMISSIONS),
      'How its questions for permission are answered: by the human, which needs an edge to `User`, or at once.',
      { default: 'ask' },
    ).optional(),
    permissionTimeout: field(positive, 'After this time a question that no human has answered means no.', {
      default: '10m',
    }).optional(),
    session: session.optional(),
  }),
  'An agent that speaks the Agent Client Protocol.',
);

const a2a = field(
  strict({
    card: field(url, 'The URL of its agent card.', {
      example: 'https://translator.example.com/.well-known/agent-card.json',
    }),
    secret: field(secret, 'Its token, unless the agent has a subscription.', { example: 'env:A2A_TOKEN' }).optional(),
    session: session.optional(),
  }),
  'A service that speaks the Agent2Agent protocol.',
);

/** `adapter` of an agent. That exactly one kind is given, rules/agent/spec/adapter.ts checks. */
export const adapter = strict({ acp: acp.optional(), command: command.optional(), a2a: a2a.optional() });
