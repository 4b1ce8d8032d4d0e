/** The six tasks of docs/temporal.md against a real `drover up`. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { requireBinary } from '../../src/dev/binaries';
import * as api from '../../src/workflow-api';
import { drover, environmentOf, marsFile, startUp, temporaryFolder } from '../cli/commands/drover';
import { eventually } from '../workflows/agent/harness';
import { TASKS } from './temporal-snippets';

/** A fleet `mars` in a server of its own. */
export interface Mars {
  /** Runs a program with the server's address to its good end; its output. */
  readonly output: (command: string, args: readonly string[]) => Promise<string>;
  /** Runs the snippet of each task, and checks what it has done. */
  readonly doTasks: (
    found: readonly string[],
    run: (snippet: string, name: string) => Promise<string>,
  ) => Promise<void>;
  readonly end: () => Promise<void>;
}

export async function startMars(): Promise<Mars> {
  const folder = temporaryFolder();
  const { where } = await startUp(folder.path, [marsFile(folder.path, 'mars')]);
  const client = new Client({ connection: await Connection.connect({ address: where.temporal }) });

  async function output(command: string, args: readonly string[]): Promise<string> {
    const binary = dirname(requireBinary('temporal', process.env));
    const env = environmentOf({ TEMPORAL_ADDRESS: where.temporal, PATH: `${binary}:${process.env['PATH'] ?? ''}` });
    const child = spawn(command, args, { cwd: folder.path, env });
    let said = '';
    child.stdout.on('data', (data) => (said += String(data)));
    child.stderr.on('data', (data) => (said += String(data)));
    const end = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject).once('close', (code, signal) => resolve(code ?? signal ?? 'nothing'));
    });
    if (end !== 0) throw new Error(`${command} ended with ${String(end)}: ${said}`);
    return said;
  }

  return {
    output,
    async doTasks(found, run) {
      expect(found).toHaveLength(TASKS.length);
      await ask(client);
      for (const [index, { name, check }] of TASKS.entries()) await check(await run(found[index] ?? '', name), client);
      // The next language finds the agent's name free.
      expect((await drover(['terminate', 'lab/Scout'], folder.path)).code).toBe(0);
    },
    async end() {
      await client.connection.close();
      await folder.remove();
    },
  };
}

/** Starts a run that waits for an answer, and then ends with it. */
async function ask(client: Client): Promise<void> {
  const Asker = [
    { action: 'ask', question: 'Which word?' },
    { action: 'final', response: 'thanks' },
  ];
  const topology = { flows: ['Start -> Asker', 'Asker -> User', 'Asker -> End'] };
  const script = { Asker, User: [{ answer: 'too late', delay: '1h' }] };
  const handle = await client.workflow.start<api.RunWorkflow>(api.RUN_WORKFLOW, {
    workflowId: api.runWorkflowId('mars', 'asking'),
    taskQueue: 'drover',
    args: [{ v: 1, fleet: 'mars', run: 'asking', task: 't', topology, script }],
  });
  await eventually(
    () => handle.query(api.describeRun),
    ({ question }) => question !== null,
  );
}
