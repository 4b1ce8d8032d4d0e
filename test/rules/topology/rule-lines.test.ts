/** The rules of a topology. */
import { compiled, problems } from './compiled';

describe('rules', () => {
  const flows = ['Start -> A', 'A <-> B', 'A <-> C', 'B -> End'];
  const rules = (...lines: string[]) => compiled({ flows, rules: lines }).rules;

  it('have their defaults', () => {
    expect(rules()).toEqual({
      timeoutS: null,
      maxSteps: 200,
      maxTurnsTotal: 2_000,
      maxAgents: null,
      maxTurns: [],
      agentTimeoutS: { byAgent: {}, default: null },
      parallel: [],
    });
  });

  it('are all read, however they are spaced', () => {
    expect(
      rules(
        'timeout(180)',
        ' max_steps ( 30 ) ',
        'max_turns_total(5000)',
        'max_agents(2)',
        'max_turns(A<->B,3)',
        'max_turns( A <-> C , 1 )',
        'agent_timeout(A:120, default:90)',
        'agent_timeout( B : 0.5 )',
        'parallel(A, B)',
        'parallel(B,C)',
        'convergence_point(C)',
      ),
    ).toEqual({
      timeoutS: 180,
      maxSteps: 30,
      maxTurnsTotal: 5_000,
      maxAgents: 2,
      maxTurns: [
        { a: 'A', b: 'B', max: 3 },
        { a: 'A', b: 'C', max: 1 },
      ],
      agentTimeoutS: { byAgent: { A: 120, B: 0.5 }, default: 90 },
      parallel: [
        ['A', 'B'],
        ['B', 'C'],
      ],
    });
  });

  it.each([
    'max_steps',
    'max_steps()',
    'max_steps(0)',
    'max_steps(-1)',
    'max_steps(1.5)',
    'max_steps(1e3)',
    'max_steps(30) now',
    'maxsteps(30)',
    'max_steps(99999999999)',
    'timeout(0)',
    'timeout(5m)',
    'timeout(99999999999)',
    'max_turns(A, B, 3)',
    'max_turns(A <-> B)',
    'max_turns(A <-> A, 1)',
    'max_turns(A <-> Z, 1)',
    'agent_timeout(A)',
    'agent_timeout(A:)',
    'agent_timeout(Z:1)',
    'agent_timeout(A:1,)',
    'parallel(A)',
    'parallel(A, A)',
    'parallel(A, Z)',
    'parallel(A,,B)',
    'convergence_point()',
    'convergence_point(Z)',
    'convergence_point(Start)',
    'convergence_point(End)',
    'constructor(1)',
    '__proto__(1)',
    '',
  ])('refuses %j', (rule) => {
    const found = problems({ flows, rules: ['max_agents(3)', rule] });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(`rules[1]: Unknown rule format: ${rule}; `);
  });

  it.each([
    ['max_steps(1)', 'max_steps(2)'],
    ['max_turns(A <-> B, 1)', 'max_turns(B <-> A, 2)'],
    ['agent_timeout(A:1)', 'agent_timeout(B:1, A:2)'],
    ['agent_timeout(default:1)', 'agent_timeout(default:2)'],
    ['convergence_point(A)', 'convergence_point(A)'],
  ])('refuses %j repeated as %j', (first, second) => {
    expect(problems({ flows, rules: [first, second] })).toEqual([
      `rules[1]: Repeated rule: ${second}; remove one of the two`,
    ]);
  });
});
