/** The bundle's entry: every workflow type, by its name. */
import './stack-depth';

export { agent } from './agent';
export { branch } from './branch';
export { fleet } from './fleet';
export { notify } from './notify';
export { pool } from './pool';
export { provision } from './provision';
export { run } from './run';
