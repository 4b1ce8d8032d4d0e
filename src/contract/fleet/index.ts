/** The fleet and its changes. All shapes are plain JSON. */
export * from './change';
export * from './commands';
export * from './input';
export * from './signals';
export * from './spec';
export * from './view';
