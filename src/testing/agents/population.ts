/** The agents of one fleet under test: their instances, their beats, and the calls to them. */
import { agentToken } from '../../contract/agent/token';
import type { ForwardedHeartbeat } from '../../contract/agent';
import type { ResourceCall, WakeCall } from '../../contract/activities';
import type { TurnRequest } from '../../contract/agent/turns';
import { DroverError } from '../../contract/errors';
import { AGENT_PATHS } from '../../contract/protocol';
import { type HttpAnswer, type HttpCall, httpCall, isSuccess } from '../../providers/http-call';
import type { FailingCredentials } from '../credentials';
import type { Problems } from '../problems';
import type { Launcher } from '../provider';
import type { SimulatedClock } from '../server/clock';
import { type Beforehand, type Behaviour, behaviourOf, type ProcessCommand, type TestAgent } from './definitions';
import { connectionError, type Instance, MemoryInstance, turnIdOf } from './instance';
import type { ProcessAgents } from './processes';
import { StillWorking } from './still-working';

/** The host of the endpoints in memory. It does not exist. */
const HOST = 'http://agents-of-a-test.invalid';
/** A turn that is never answered: the longest limit of a turn. */
const NEVER_MS = 30 * 24 * 3_600_000;

/** Dependencies of the agents on the test. */
export interface PopulationSettings {
  readonly agents: Readonly<Record<string, TestAgent>>;
  readonly agentSecret: string;
  readonly clock: SimulatedClock;
  readonly credentials: FailingCredentials;
  readonly problems: Problems;
  /** Sends a beat to an agent's workflow. */
  readonly tell: (ref: { readonly fleet: string; readonly agent: string }, beat: ForwardedHeartbeat) => Promise<void>;
  /** Reports to the provider that an agent's process has ended by itself. */
  readonly ended: (agent: string, exitCode: number, detail?: string) => void;
  readonly processes: ProcessAgents;
}

interface Member {
  readonly behaviour: Behaviour;
  instance: Instance | null;
  seq: number;
  /** When turns that take time are answered, by turn id and instance. */
  readonly due: Map<string, number>;
}

/** All agents of a fleet under test, by name. */
export class Population implements Launcher {
  readonly #settings: PopulationSettings;
  readonly #members: ReadonlyMap<string, Member>;

  constructor(settings: PopulationSettings) {
    this.#settings = settings;
    const members = Object.entries(settings.agents).map(([name, agent]): [string, Member] => [
      name,
      { behaviour: behaviourOf(agent), instance: null, seq: 0, due: new Map() },
    ]);
    this.#members = new Map(members);
  }

  async launch(call: WakeCall): Promise<number | null> {
    const { fleet, agent, instanceId, session = null } = call;
    const member = this.#member(agent);
    const { serves, silentAfterMs } = member.behaviour;
    const { clock, agentSecret, problems } = this.#settings;
    const token = agentToken(agentSecret, fleet, agent);
    const endpoint = `${HOST}/${fleet}/${agent}`;
    const instance =
      serves.kind === 'process'
        ? await this.#process(call, serves.process)
        : new MemoryInstance({ fleet, agent, token, instanceId, endpoint, session }, serves, problems);
    Object.assign(member, { instance, seq: 0 });
    if (silentAfterMs !== undefined) {
      clock.plan((await clock.now()) + silentAfterMs, async () => {
        if (member.instance === instance) await this.silence(fleet, agent);
      });
    }
    const started = instance.start().then(() => true);
    // An agent that prepares itself for longer beats `starting` until then.
    if (await Promise.race([started, new Promise<false>((resolve) => setImmediate(resolve, false))])) {
      await this.beat(fleet, agent);
    } else {
      await this.beat(fleet, agent);
      started
        .then(
          () => this.beat(fleet, agent),
          () => this.#die(agent, 1),
        )
        .catch(() => undefined);
    }
    return instance.pid;
  }

  freeze({ agent }: ResourceCall): void {
    this.#member(agent).instance?.freeze();
  }

  thaw({ agent }: ResourceCall): void {
    this.#member(agent).instance?.thaw();
  }

  async end({ agent }: ResourceCall): Promise<void> {
    const member = this.#member(agent);
    const { instance } = member;
    member.instance = null;
    await instance?.end();
  }

  /** Sends a beat of an agent that beats. */
  async beat(fleet: string, agent: string): Promise<void> {
    const member = this.#member(agent);
    const pulse = member.instance?.pulse();
    if (!pulse || !member.instance) return;
    member.seq += 1;
    const { instanceId } = member.instance;
    await this.#settings.tell({ fleet, agent }, { instanceId, seq: member.seq, ...pulse, via: 'gateway' });
  }

  /** Whether an agent beats now. */
  isBeating(agent: string): boolean {
    return (this.#members.get(agent)?.instance?.pulse() ?? null) !== null;
  }

  /** Lets an agent fall silent after a last beat; its process still runs. */
  async silence(fleet: string, agent: string): Promise<void> {
    await this.beat(fleet, agent);
    this.#member(agent).instance?.silence();
  }

  /** Lets an agent's process end by itself after a last beat. */
  async crash(fleet: string, agent: string, exitCode: number): Promise<void> {
    const member = this.#member(agent);
    if (member.instance === null)
      throw new DroverError('RuntimeStateError', `${agent} does not run, so it cannot crash`);
    await this.beat(fleet, agent);
    await this.#die(agent, exitCode);
  }

  /** Ends every instance. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#members.values()].map(async ({ instance }) => instance?.end()));
  }

  /** Makes a call to an agent: in this process for one in memory, else over HTTP. */
  sender(): typeof httpCall {
    return async (call) => {
      const { pathname } = new URL(call.url);
      const isOurs = call.url.startsWith(`${HOST}/`);
      const name = isOurs ? pathname.split('/')[2] : this.#served(call.url);
      const member = name === undefined ? undefined : this.#members.get(name);
      if (name === undefined || !member?.instance) {
        if (isOurs) throw connectionError('ECONNREFUSED');
        return httpCall(call);
      }
      const path = isOurs ? `/${pathname.split('/').slice(3).join('/')}` : pathname;
      if (call.method !== 'POST' || path !== AGENT_PATHS.turn) return member.instance.call(call, path);
      return this.#turn(name, member, call, path);
    };
  }

  async #turn(name: string, member: Member, call: HttpCall, path: string): Promise<HttpAnswer> {
    const turn = call.body as TurnRequest;
    const { instance, behaviour } = member;
    if (instance === null) throw connectionError('ECONNREFUSED');
    this.#noteInvalid(name, turn);
    const failed = this.#settings.credentials.answer(turn.subscription?.name);
    if (failed) return failed;
    const before = behaviour.before?.(turn) ?? { delayMs: 0 };
    await this.#untilDue(name, member, turn, before);
    if (before.crash !== undefined) {
      before.crash.done();
      await this.#die(name, before.crash.exitCode);
      throw connectionError('ECONNRESET');
    }
    const answer = await instance.call(call, path);
    if (behaviour.serves.kind !== 'handlers') await this.#askAgain(name, instance, call, path, answer);
    return answer;
  }

  /** The same delivery of a turn is due at the same time, however often it is asked. */
  async #untilDue(
    name: string,
    { instance, due }: Member,
    { turnId }: TurnRequest,
    { delayMs }: Beforehand,
  ): Promise<void> {
    if (instance?.isSilent) throw new StillWorking(name, NEVER_MS);
    if (delayMs === 0 || instance === null) return;
    const now = await this.#settings.clock.now();
    const key = `${instance.instanceId} ${turnId}`;
    const at = due.get(key) ?? now + delayMs;
    due.set(key, at);
    if (at > now) throw new StillWorking(name, at - now);
  }

  /** At-least-once: the answer to a turn that is asked again is the same. */
  async #askAgain(name: string, instance: Instance, call: HttpCall, path: string, first: HttpAnswer): Promise<void> {
    if (!isSuccess(first)) return;
    const second = await instance.call(call, path);
    if (second.text === first.text && isSuccess(second)) return;
    const shown = (answer: HttpAnswer): string => `${String(answer.status)} ${(answer.text ?? '').slice(0, 200)}`;
    const what = `answered turn ${turnIdOf(call.body)} twice, with different answers: first ${shown(first)}, then ${shown(second)}`;
    this.#settings.problems.add(name, 'twice', `${what}; remember answers by turnId (docs/agents.md)`);
  }

  #noteInvalid(name: string, { turnId, input }: TurnRequest): void {
    if (input.kind !== 'invalid') return;
    this.#settings.problems.add(name, 'invalid', `gave an invalid reply before turn ${turnId}: ${input.reason}`);
  }

  async #die(agent: string, exitCode: number): Promise<void> {
    const member = this.#member(agent);
    const { instance } = member;
    member.instance = null;
    this.#settings.ended(agent, exitCode);
    await instance?.end();
  }

  async #process(call: WakeCall, command: ProcessCommand): Promise<Instance> {
    const { fleet, agent } = call;
    const member = this.#member(agent);
    const process = await this.#settings.processes.start(call, command, {
      heard: async () => {
        await this.#settings.clock.stir();
        await this.beat(fleet, agent);
      },
      ended: (exitCode, output) => {
        if (member.instance !== process) return;
        member.instance = null;
        const last = output === '' ? '' : `; its output ends with:\n${output}`;
        this.#settings.ended(agent, exitCode, `exited with code ${String(exitCode)}${last}`);
      },
    });
    return process;
  }

  #served(url: string): string | undefined {
    for (const [name, { instance }] of this.#members) {
      if (instance && instance.endpoint !== '' && url.startsWith(`${instance.endpoint}/`)) return name;
    }
    return undefined;
  }

  #member(agent: string): Member {
    const member = this.#members.get(agent);
    if (member) return member;
    const known = [...this.#members.keys()].join(', ');
    throw new DroverError('AgentNotFound', `this test has no agent "${agent}": its agents are ${known}`);
  }
}
