/** The program of `DROVER_CONFORMANCE`, for libraries in other languages (docs/protocol.md). */
import { conformance } from './suite';

const { DROVER_CONFORMANCE: command = '', DROVER_CONFORMANCE_MODE: mode } = process.env;

(command === '' ? describe.skip : describe)(`the program of DROVER_CONFORMANCE: ${command}`, () => {
  conformance(command, mode === 'pull' ? 'pull' : 'push');
});
