/** Texts of fleet files, and their problems. */
import { type LocatedProblem, parseFleetFile } from '../../../src/cli/files/fleet-file';
import { DroverError } from '../../../src/contract/errors';

export const GOOD = `apiVersion: drover/v1
kind: Fleet
metadata: {name: mars}
spec:
  agents:
    - name: A
      provider: process
      process: {command: [node, agent.mjs], env: {LETTERS: M}}
    - name: B
      provider: process
      process: {command: [node, agent.mjs], cwd: sub}
  topology:
    flows: ["Start -> A", "A <-> B", "A -> End"]
`;

export function refused(text: string): { message: string; errors: readonly LocatedProblem[] } {
  try {
    parseFleetFile(text, 'fleet.yaml');
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    expect(error.code).toBe('InvalidFleet');
    return { message: error.message, errors: error.details?.['errors'] as LocatedProblem[] };
  }
  throw new Error('the file was accepted');
}
