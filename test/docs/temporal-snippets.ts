/** The snippets of docs/temporal.md, and what each of the six tasks has done. */
import type { Client } from '@temporalio/client';
import { agentWorkflowId, describeAgent, describeRun, runWorkflowId } from '../../src/workflow-api';
import { eventually } from '../workflows/agent/harness';

/** The code blocks of a page with exactly this info string. */
export function snippets(text: string, info: string): string[] {
  return [...text.matchAll(/^```([^\n]*)\n([^]*?)^```$/gm)].flatMap(([, found = '', code = '']) =>
    found === info ? [code] : [],
  );
}

/** One task of the page, in its order. */
export interface SnippetTask {
  readonly name: string;
  /** Throws unless the snippet has printed and done what the page says. */
  readonly check: (printed: string, client: Client) => Promise<void>;
}

const scout = (client: Client) => client.workflow.getHandle(agentWorkflowId('lab', 'Scout')).query(describeAgent);

export const TASKS: readonly SnippetTask[] = [
  {
    name: 'start',
    async check(printed, client) {
      expect(printed).toContain('agent/lab/Scout');
      expect(await scout(client)).toMatchObject({ provider: 'external', incarnation: 'direct' });
      const { typedSearchAttributes } = await client.workflow.getHandle(agentWorkflowId('lab', 'Scout')).describe();
      expect(typedSearchAttributes.getAll().map(({ key }) => key.name)).toContain('DroverAgent');
    },
  },
  {
    name: 'beat',
    async check(_, client) {
      const { instanceId } = await eventually(
        () => scout(client),
        ({ liveness }) => liveness === 'ready',
      );
      expect(instanceId).toBe('scout-1');
    },
  },
  {
    name: 'pause',
    async check(printed, client) {
      expect(printed).toMatch(/done/);
      expect(printed).toMatch(/paused/);
      const { status, decisions } = await scout(client);
      expect(status).toBe('running');
      expect(decisions?.map(({ what }) => what)).toEqual(expect.arrayContaining(['pause', 'resume']));
      expect(decisions?.find(({ what }) => what === 'pause')).toMatchObject({ accepted: true, why: 'lunch' });
    },
  },
  {
    name: 'failure',
    async check(printed) {
      // The agent has no pool, so no switch begins.
      expect(printed).toMatch(/^false$|changed:false/im);
    },
  },
  {
    name: 'run',
    async check(printed) {
      expect(printed).toContain('MARS');
    },
  },
  {
    name: 'answer',
    async check(printed, client) {
      expect(printed).toContain('Which word?');
      const run = client.workflow.getHandle(runWorkflowId('mars', 'asking'));
      expect(await run.result()).toMatchObject({ success: true, finalResponse: 'thanks' });
      expect(await run.query(describeRun)).toMatchObject({ question: null });
    },
  },
];
