/**
 * `drover/temporal`: hosts Drover in a program that has a Temporal worker of its own, or runs its
 * worker without the command line.
 *
 * @example
 * ```ts
 * import { DroverPlugin } from 'drover/temporal';
 *
 * const worker = await Worker.create({ connection, taskQueue: 'mine', workflowsPath, plugins: [new DroverPlugin()] });
 * await worker.run(); // Drover's own workers run beside it, on Drover's queues
 * ```
 */
export { createDroverWorker, type DroverWorker, type DroverWorkerOptions } from './create';
export { DroverPlugin, type DroverPluginOptions } from './plugin';
export type { Environment } from '../config';
export { DroverError, ERRORS, type ErrorBody, type ErrorCode } from '../contract/errors';
export type { ReadyWorker } from '../worker';
export { QUEUE_KINDS, type QueueKind } from '../hosting/queues';
