/**
 * The agent: its status, runtime and liveness, its specification, commands, beats and view. All
 * shapes are plain JSON.
 */
export * from './adapter';
export * from './beats';
export * from './commands';
export * from './resource';
export * from './spec';
export * from './status';
export * from './view';
