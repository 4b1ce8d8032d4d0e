/** No activity tells a workflow, or the worker's log, a secret: whatever it throws, and the words of its results, pass the one redaction. */
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import type { Activities } from '../contract/activities';
import { type Concern, redactionFor, type SecretSettings, secretsOf } from '../providers/redaction';
import type { Clean } from '../providers/secrets-in-use';

type Activity = (...call: readonly unknown[]) => Promise<unknown>;
type Fields = Readonly<Record<string, unknown>>;

/** Activities whose results say in words how something is. A reply to a turn sees to itself (turns.ts). */
const TELLING: readonly string[] = ['inspectResource', 'reloadCredential', 'setHold', 'findLost'];

/** The same activities, without secrets in what they say. */
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

/** Whom a call is about, by the fields that the calls of activities have. What users have written in it is not looked at. */
function concernOf(call: unknown): Concern {
  const { fleet, agent, secret, subscription, spec, target } = fieldsOf(call);
  const { process, docker, external } = fieldsOf(spec);
  const references = [
    secret,
    fieldsOf(subscription)['secret'],
    fieldsOf(external)['secret'],
    fieldsOf(target)['secret'],
  ];
  const variables = [process, docker].map((block) => textsOf(fieldsOf(fieldsOf(block)['env'])));
  return {
    ...(typeof fleet === 'string' ? { fleet } : {}),
    ...(typeof agent === 'string' ? { agent } : {}),
    references: references.filter((reference) => typeof reference === 'string'),
    values: variables.flatMap(secretsOf),
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textsOf(fields: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The error with every link of its chain in other words; a cancellation has none. */
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

/** An error of the same class with all that it has, but for `parts`. */
function cloned(error: Error, parts: Fields): Error {
  const copy = Object.create(Reflect.getPrototypeOf(error), Object.getOwnPropertyDescriptors(error)) as Error;
  for (const [name, value] of Object.entries(parts)) {
    Object.defineProperty(copy, name, { value, configurable: true, writable: true, enumerable: name === 'details' });
  }
  return copy;
}

/** A value with all of its texts in other words. */
function mapped(value: unknown, clean: Clean): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map((item) => mapped(item, clean));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [clean(key), mapped(item, clean)]));
}
