/**
 * Logs every update that is refused. A refusal by a validator is in no history, so the worker's log is the only place that keeps it
 * beside the sender's.
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';
import { createRefusalLog } from '../../shared/messages/decisions';
import { errorBody } from '../../shared/failures';

/** The SDK finds this export by its name, because the bundle takes every file of this folder. Each workflow has its own bound. */
export const interceptors = (): WorkflowInterceptors => {
  const logRefusal = createRefusalLog();
  const refused = (name: string, error: unknown): void => {
    const { code, message } = errorBody(error);
    // The client sends the update again; nothing was decided.
    if (code !== 'Unavailable') logRefusal(`update ${name}`, `${code}: ${message}`);
  };
  return {
    inbound: [
      {
        validateUpdate(input, next) {
          try {
            next(input);
          } catch (error) {
            refused(input.name, error);
            throw error;
          }
        },
        async handleUpdate(input, next) {
          try {
            return await next(input);
          } catch (error) {
            refused(input.name, error);
            throw error;
          }
        },
      },
    ],
  };
};
