/** Everything a worker does on behalf of workflows, built from what it depends on. */
import type {
  Activities,
  FleetActivities,
  MonitorActivities,
  NotificationActivities,
  SubscriptionActivities,
  UndoActivities,
} from '../contract/activities';
import type { Providers } from '../providers/provider';
import { createProviderActivities } from './resources';
import { type TurnSettings, createTurnActivities } from './turns';

/** What activities depend on: providers by kind, the agents' secret for turns, and the activities that ask Temporal itself (`fleet.ts`, `undo.ts` …). */
export interface ActivityDependencies extends TurnSettings {
  readonly providers: Providers;
  readonly fleet: FleetActivities;
  readonly undo: UndoActivities;
  readonly subscriptions: SubscriptionActivities;
  readonly notifications: NotificationActivities;
  readonly monitor: MonitorActivities;
}

/** The activities of a worker. */
export function createActivities(dependencies: ActivityDependencies): Activities {
  const { providers, fleet, undo, subscriptions, notifications, monitor, ...turns } = dependencies;
  const own = { ...createProviderActivities(providers), ...createTurnActivities(turns) };
  return { ...own, ...fleet, ...undo, ...subscriptions, ...notifications, ...monitor };
}
