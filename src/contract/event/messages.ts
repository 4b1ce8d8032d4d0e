/** The query that every entity, change and run answers with its log. */
import { defineQuery } from '@temporalio/workflow';
import { LOG, type LogAnswer, type LogQuery } from './log';

/** The query for the recorded events of a workflow. */
export const readLog = defineQuery<LogAnswer, [LogQuery?]>(LOG);
