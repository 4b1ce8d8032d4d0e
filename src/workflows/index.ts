/** Entry of the workflow bundle: exports every workflow type by its name. */
import './sandbox/stack-depth';

export { agent } from './agent/workflow';
export { branch } from './branch/workflow';
export { fleet } from './fleet/workflow';
export { lease } from './lease/workflow';
export { notify } from './notify';
export { pool } from './pool/workflow';
export { provision } from './provision/workflow';
export { run } from './run/workflow';
