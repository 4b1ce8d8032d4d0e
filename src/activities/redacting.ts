/** Keeps secrets out of histories and the worker's log: redacts all errors of activities and the texts of their results. */
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import type { Activities } from '../contract/activities';
import { isReference } from '../contract/agent/references';
import { type Concern, redactionFor, type SecretSettings, secretsOf } from '../providers/redaction';
import type { Clean } from '../providers/secrets-in-use';
import { type Fields, fieldsOf } from './fields';

type Activity = (...call: readonly unknown[]) => Promise<unknown>;

/** Activities whose results contain texts. The turn activity redacts its own (turns.ts). */
const TELLING: readonly string[] = ['inspectResource', 'reloadCredential', 'setHold', 'findLost', 'checkAgents'];

/** Wraps activities so that their results and errors hold no secrets. */
export function redacting(activities: Activities, settings: SecretSettings): Activities {
  const redacted = (name: string, activity: Activity): Activity => {
    const clean = async (call: unknown): Promise<Clean> => (await redactionFor(concernOf(call), settings)).clean;
    return async (...call) => {
      try {
        const result = await activity(...call);
        return TELLING.includes(name) ? mapped(result, await clean(call[0])) : result;
      } catch (error) {
        throw withoutSecrets(error, await clean(call[0]));
      }
    };
  };
  const all = Object.entries(activities).map(([name, activity]: [string, Activity]) => [
    name,
    redacted(name, activity),
  ]);
  return Object.fromEntries(all) as Activities;
}

/** Which agent and which secrets a call concerns, by its known fields. It ignores user content. */
export function concernOf(call: unknown): Concern {
  const { fleet, agent, secret, subscription, spec, target, references: own } = fieldsOf(call);
  const { process, docker, external } = fieldsOf(spec);
  const references = [
    secret,
    fieldsOf(subscription)['secret'],
    fieldsOf(external)['secret'],
    fieldsOf(target)['secret'],
    ...(Array.isArray(own) ? own.map((reference: unknown) => reference) : []),
  ];
  const variables = [process, docker].map((block) => textsOf(fieldsOf(fieldsOf(block)['env'])));
  const variableReferences = variables.flatMap((texts) => Object.values(texts).filter(isReference));
  return {
    ...(typeof fleet === 'string' ? { fleet } : {}),
    ...(typeof agent === 'string' ? { agent } : {}),
    references: [...references.filter((reference) => typeof reference === 'string'), ...variableReferences],
    values: variables.flatMap(secretsOf),
  };
}

function textsOf(fields: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Redacts every link of an error's chain. A cancellation holds no texts. */
function withoutSecrets(error: unknown, clean: Clean): unknown {
  if (typeof error === 'string') return clean(error);
  if (!(error instanceof Error)) return mapped(error, clean);
  if (error instanceof TemporalFailure && !(error instanceof ApplicationFailure)) return error;
  return cloned(error, {
    message: clean(error.message),
    ...(error.stack === undefined ? {} : { stack: clean(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: withoutSecrets(error.cause, clean) }),
    ...('details' in error ? { details: mapped(error.details, clean) } : {}),
  });
}

/** Copies an error with its class and properties, except `parts`. */
function cloned(error: Error, parts: Fields): Error {
  const copy = Object.create(Reflect.getPrototypeOf(error), Object.getOwnPropertyDescriptors(error)) as Error;
  for (const [name, value] of Object.entries(parts)) {
    Object.defineProperty(copy, name, { value, configurable: true, writable: true, enumerable: name === 'details' });
  }
  return copy;
}

/** Applies `clean` to all texts of a value. */
export function mapped(value: unknown, clean: Clean): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map((item) => mapped(item, clean));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [clean(key), mapped(item, clean)]));
}
