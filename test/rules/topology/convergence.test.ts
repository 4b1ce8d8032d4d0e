/** The convergence of a topology. */
import type { ConvergenceSpec } from '../../../src/contract/fleet/topology';
import { compiled, problems } from './compiled';

describe('convergence', () => {
  const of = (convergence?: ConvergenceSpec) =>
    compiled({ flows: ['Start -> A'], ...(convergence === undefined ? {} : { convergence }) }).convergence;
  const strict = { minRatio: 1, onInsufficient: 'fail', quorum: null, terminateOrphans: true, timeoutMs: null };

  it.each<[ConvergenceSpec | undefined, object]>([
    [undefined, strict],
    ['strict', strict],
    ['majority', { ...strict, minRatio: 0.51 }],
    ['user', { ...strict, minRatio: 0.67, onInsufficient: 'user' }],
    ['any', { ...strict, minRatio: 0, onInsufficient: 'proceed' }],
    [0.3, { ...strict, minRatio: 0.3 }],
    [{}, strict],
    [
      { minRatio: 0.5, onInsufficient: 'proceed', quorum: 3, terminateOrphans: false, timeout: '5m' },
      { minRatio: 0.5, onInsufficient: 'proceed', quorum: 3, terminateOrphans: false, timeoutMs: 300_000 },
    ],
  ])('%j', (spec, expected) => {
    expect(of(spec)).toEqual(expected);
  });

  it.each<[ConvergenceSpec, string]>([
    [1.1, 'convergence: Ratio must be from 0 to 1, got 1.1'],
    [-0.1, 'convergence: Ratio must be from 0 to 1, got -0.1'],
    [{ minRatio: 7 }, 'convergence.minRatio: Ratio must be from 0 to 1, got 7'],
    [{ quorum: 1.5 }, 'convergence.quorum: Quorum must be a whole number from 1, got 1.5'],
    [{ timeout: '0s' }, 'convergence.timeout: Expected a duration longer than 0 such as 5m, got "0s"'],
  ])('refuses %j', (convergence, message) => {
    expect(problems({ flows: ['Start -> A'], convergence })).toEqual([message]);
  });
});
