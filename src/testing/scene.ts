/** The parts of one fleet under test: its server, workers, provider and agents. */
import { randomBytes } from 'node:crypto';
import { DroverClient, type RunRef } from '../client';
import { Calls } from '../client/temporal/calls';
import type { SignalCall } from '../contract/activities';
import type { DroverEvent } from '../contract/event';
import type { FleetSpec } from '../contract/fleet';
import { branchSignals, runSignals } from '../contract/run/messages';
import { isRecord } from '../rules/lib/parse';
import { PLACE, testActivities } from './activities';
import { Population } from './agents/population';
import { ProcessAgents } from './agents/processes';
import { FailingCredentials } from './credentials';
import { TestHuman } from './human';
import { givenFleet, type TestFleetOptions } from './options';
import { Problems } from './problems';
import { TestProvider } from './provider';
import type { SimulatedClock } from './server/clock';
import type { Connected } from './server/connect';
import { PREFIX, Stage, type StageParts } from './server/stage';
import { checkNames, prepareSpec } from './spec';

/** An open scene. */
export interface OpenScene {
  readonly name: string;
  readonly given: FleetSpec;
  /** The names of the agents that have a definition. */
  readonly agents: readonly string[];
  /** Prepares a specification for this test. */
  readonly prepare: (spec: FleetSpec) => FleetSpec;
  readonly connected: Connected;
  readonly clock: SimulatedClock;
  /** When the test began, in epoch milliseconds of simulated time. */
  readonly started: number;
  readonly client: DroverClient;
  readonly provider: TestProvider;
  readonly population: Population;
  readonly credentials: FailingCredentials;
  readonly problems: Problems;
  readonly events: readonly DroverEvent[];
  /** The runs that the test has started. */
  readonly runs: RunRef[];
  readonly close: (replay: boolean) => Promise<string[]>;
}

/** Whether a signal leads to a question: a branch asks its run, or an agent asks the branch within its run. */
function leadsToQuestion({ signal, argument }: SignalCall): boolean {
  if (signal === runSignals.questionAsked.name) return true;
  const outcome = isRecord(argument) ? argument['outcome'] : undefined;
  const reply = isRecord(outcome) ? outcome['reply'] : undefined;
  return signal === branchSignals.turnAnswered.name && isRecord(reply) && reply['action'] === 'ask';
}

/** Opens a scene: reads the fleet, then starts a server and workers. */
export async function openScene(options: TestFleetOptions, parts: StageParts): Promise<OpenScene> {
  const { name, spec: given } = await givenFleet(options);
  const agents = Object.keys(options.agents);
  checkNames(given, agents);
  const stage = await Stage.open(parts);
  const { connected } = stage;
  const { clock } = connected;
  const calls = new Calls(connected.client);
  const client = DroverClient.over(connected.client, PREFIX);
  const agentSecret = randomBytes(16).toString('hex');
  const secrets: Record<string, string> = {};
  const prepare = (spec: FleetSpec): FleetSpec => {
    const prepared = prepareSpec(spec);
    Object.assign(secrets, prepared.secrets);
    return prepared.spec;
  };
  const credentials = new FailingCredentials();
  const problems = new Problems();
  const events: DroverEvent[] = [];
  const runs: RunRef[] = [];
  const human = new TestHuman(client, clock, options.human ?? (() => null));
  const processes = new ProcessAgents({ client, agentSecret, environment: parts.environment, secrets });
  clock.realTimeWhile(() => processes.isStarting);
  const population = new Population({
    agents: options.agents,
    agentSecret,
    clock,
    credentials,
    problems,
    tell: (ref, beat) => client.agents.heartbeat(ref, beat),
    ended: (agent, exitCode, detail) => provider.crash(agent, exitCode, detail),
    processes,
  });
  const provider = new TestProvider(population);
  const signalled = (call: SignalCall): void => {
    const [, fleet = '', run = ''] = call.workflowId.split('/');
    if (leadsToQuestion(call)) human.asked({ fleet, run });
  };
  // The event is the first sign of a barrier's own question.
  const raised = (event: DroverEvent): void => {
    events.push(event);
    const [fleet = '', run = ''] = String(event.data['run']).split('/');
    if (event.type === 'run.asked') human.asked({ fleet, run });
  };
  const openRuns = async (fleet: string) => runs.filter((ref) => ref.fleet === fleet);
  const activities = testActivities({
    ...{ calls, clock, provider, population, agentSecret, secrets, openRuns, signalled, raised },
  });
  await stage.serve(activities, [PLACE.host]);
  const close = async (replay: boolean): Promise<string[]> => {
    const wrong = await stage.close(replay);
    await population.endAll();
    await processes.close();
    return wrong;
  };
  const started = await clock.now();
  return {
    ...{ name, given, agents, prepare, connected, clock, started, client, provider, population },
    ...{ credentials, problems, events, runs, close },
  };
}
