/**
 * The interfaces of all activities. Workflows call them through `proxyActivities`; activities/
 * implements them.
 */
import type { PreflightActivities } from '../fleet/preflight';
import type { TurnRecordActivities } from '../run/turn-record';
import type { ProviderActivities, HostActivities } from './resources';
import type { FleetActivities } from './fleet';
import type { MonitorActivities, GatewayActivities } from './monitor';
import type { TurnActivities, SubscriptionActivities, UndoActivities, ReplicaActivities } from './turns';
import type { NotificationActivities, SignalActivities, FamilyActivities } from './messages';

export * from './fleet';
export * from './messages';
export * from './monitor';
export * from './resources';
export * from './turns';

/** All activities of a Drover worker. */
export interface Activities
  extends
    ProviderActivities,
    PreflightActivities,
    HostActivities,
    TurnRecordActivities,
    FleetActivities,
    MonitorActivities,
    TurnActivities,
    UndoActivities,
    SubscriptionActivities,
    NotificationActivities,
    SignalActivities,
    FamilyActivities,
    ReplicaActivities,
    GatewayActivities {}
