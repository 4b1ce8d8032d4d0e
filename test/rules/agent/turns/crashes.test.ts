/** Turns that end their agent's process: each fails alone, and the agent goes on. */
import type { AgentSpec, RestartOn } from '../../../../src/contract/agent';
import { beginEffect, effectSucceeded } from '../../../../src/rules/agent/reconcile/outcome';
import { nextEffect } from '../../../../src/rules/agent/reconcile/next-effect';
import type { AgentState } from '../../../../src/rules/agent/state';
import { turnActions } from '../../../../src/rules/agent/turns/actions';
import { turnEnded } from '../../../../src/rules/agent/turns/endings';
import { requestTurn } from '../../../../src/rules/agent/turns/queue';
import { turnRequest } from '../../../agent/turn-request';
import { agentIn, MINUTE, T0 } from '../agents';

/** An agent whose turns named `poison…` end its process; everything else is answered. */
class World {
  now = T0;
  state: AgentState;
  readonly answers: Record<string, unknown> = {};
  readonly alone: string[] = [];
  #instance = 1;

  constructor(spec: Partial<AgentSpec>, turns: readonly string[]) {
    this.state = agentIn('running', 'running', 'ready', [], spec);
    for (const turnId of turns) {
      const asked = { turnId, replyTo: 'b', request: turnRequest({ turnId }) };
      this.state = requestTurn(this.state, asked, this.now).state;
    }
  }

  /** Lets turns start, the process end, and the policy start it again, until nothing waits. */
  run(noticed: 'before the connection breaks' | 'after it broke'): void {
    for (let round = 0; round < 100 && this.state.status === 'running'; round += 1) {
      this.now += MINUTE;
      this.act();
      const { inFlight, waiting } = this.state.turns;
      if (inFlight.length === 0 && waiting.length === 0) return;
      if (inFlight.length === 1) this.alone.push(inFlight[0]?.turnId ?? '');
      const killer = inFlight.find(({ turnId }) => turnId.startsWith('poison'));
      if (killer === undefined) for (const { turnId } of inFlight) this.end(turnId, { reply: 'ok' });
      else if (noticed === 'after it broke') this.breakConnections().crash();
      else this.crash().breakConnections();
    }
  }

  private act(): void {
    const { state, actions } = turnActions(this.state, this.now, true);
    this.state = state;
    for (const action of actions) if (action.kind === 'answer') this.answers[action.turn.turnId] = action.outcome;
  }

  private end(turnId: string, outcome: { readonly reply: unknown }): void {
    const { state, answer } = turnEnded(this.state, turnId, { kind: 'outcome', outcome }, null, this.now);
    this.state = state;
    if (answer !== null) this.answers[turnId] = answer;
  }

  private breakConnections(): this {
    const error = { code: 'AgentUnavailable', message: 'reset', details: { why: 'reset', broke: true } } as const;
    for (const { turnId } of this.state.turns.inFlight) {
      this.state = turnEnded(this.state, turnId, { kind: 'error', error, cannotReach: true }, null, this.now).state;
    }
    return this;
  }

  private crash(): this {
    const gone = { state: 'exited', exitCode: 1, detail: 'exited with code 1' } as const;
    this.state = effectSucceeded(beginEffect(this.state, 'inspect', '', this.now), 'inspect', gone, this.now);
    if (this.state.restartAt === null) return this;
    this.now = this.state.restartAt;
    this.#instance += 1;
    const waking = beginEffect(this.state, 'wake', `A-${String(this.#instance)}`, this.now);
    const woken = effectSucceeded(waking, 'wake', { pid: 1 }, this.now);
    const instance = {
      ...woken.instance,
      endpoint: 'http://127.0.0.1:1/',
      lastBeatAt: this.now,
      lastProofAt: this.now,
    };
    this.state = { ...woken, liveness: 'ready', instance };
    return this;
  }
}

const REJECTED = {
  error: {
    code: 'TurnRejected',
    message: expect.stringMatching(/ended 2 times during this turn \(exited with code 1\)/) as string,
  },
};
const OK = { reply: 'ok' };

describe.each(['before the connection breaks', 'after it broke'] as const)('a crash that is noticed %s', (noticed) => {
  test('one task fails alone after two crashes, and every other turn is answered', () => {
    const world = new World({}, ['a', 'poison', 'b', 'c', 'd']);
    world.run(noticed);
    expect(world.answers).toEqual({ a: OK, b: OK, c: OK, d: OK, poison: REJECTED });
    expect(world.state).toMatchObject({ status: 'running', crashes: [expect.any(Number)] });
    // After the first crash the suspects are asked one by one.
    expect(world.alone).toEqual(expect.arrayContaining(['a', 'b', 'poison']));
  });

  test('crashLimit is the file’s, beyond what the restart policy allows', () => {
    const world = new World({ turns: { crashLimit: 6 }, restart: { maxAttempts: 3 } }, ['poison', 'a']);
    world.run(noticed);
    expect(world.answers).toMatchObject({
      a: OK,
      poison: { error: { message: expect.stringContaining('6 times') as string } },
    });
    expect(world.state.status).toBe('running');
  });

  test('an agent that no task survives is a crash loop in the end', () => {
    const world = new World({ restart: { window: '24h' } }, ['poison1', 'poison2', 'poison3', 'poison4', 'poison5']);
    world.run(noticed);
    expect(world.state).toMatchObject({ status: 'failed', reason: 'crash loop: exited with code 1' });
  });
});

test('a crash without turns counts at once', () => {
  const idle = agentIn('running', 'running', 'ready', [], { restart: { maxAttempts: 0 } });
  const gone = { state: 'exited', exitCode: 1, detail: 'exited with code 1' } as const;
  const after = effectSucceeded(beginEffect(idle, 'inspect', '', T0), 'inspect', gone, T0);
  expect(after).toMatchObject({ status: 'failed', reason: 'crash loop: exited with code 1' });
});

describe('a silent agent whose process is there', () => {
  const found = (on: RestartOn, state: 'running' | 'paused', more: Partial<AgentState> = {}): AgentState => {
    const silent = { ...agentIn('running', 'running', 'offline', [], { restart: { on, maxAttempts: 1 } }), ...more };
    return effectSucceeded(beginEffect(silent, 'inspect', '', T0), 'inspect', { state }, T0);
  };

  test.each<[RestartOn, 'stop' | null]>([
    ['never', null],
    ['failure', null],
    ['offline', 'stop'],
    ['always', 'stop'],
  ])('restart.on %s: %s', (on, effect) => {
    expect(nextEffect(found(on, 'running'), T0)).toBe(effect);
    expect(nextEffect(found(on, 'paused'), T0)).toBe(effect);
  });

  test('is stopped and started again, and too often is a crash loop that stops it', () => {
    const hung = found('offline', 'running');
    const stopped = effectSucceeded(beginEffect(hung, 'stop', '', T0), 'stop', {}, T0);
    expect(nextEffect(stopped, T0)).toBe('wake');
    expect(stopped).toMatchObject({ status: 'running', crashes: [T0] });
    const again = found('offline', 'running', { crashes: [T0] });
    expect(again).toMatchObject({ status: 'failed', reason: 'crash loop: no sign of life for 60 s' });
    expect(nextEffect(again, T0)).toBe('stop');
  });

  test('is left alone before it was ever ready, and while an operator restarts it', () => {
    expect(nextEffect(found('offline', 'running', { settled: null }), T0)).toBeNull();
    expect(found('offline', 'running', { restarting: 'stop' }).crashes).toEqual([]);
  });

  test('an end with code 0 is left alone by offline, as by failure', () => {
    const ended = (on: RestartOn) => {
      const state = agentIn('running', 'running', 'ready', [], { restart: { on } });
      return effectSucceeded(beginEffect(state, 'inspect', '', T0), 'inspect', { state: 'exited', exitCode: 0 }, T0)
        .status;
    };
    expect([ended('never'), ended('failure'), ended('offline'), ended('always')]).toEqual([
      'stopped',
      'stopped',
      'stopped',
      'running',
    ]);
  });
});
