import { operationTransitions } from '../../domain/lifecycles/operation.ts';
import { isoOf } from '../clock/clock.ts';
import type { Operation } from './operations.store.ts';

const isOver = ({ status }: Operation): boolean => operationTransitions[status].length === 0;

export const presentOperation = (operation: Operation) => ({
  id: operation.id,
  lago_id: operation.id,
  operation_type: operation.type,
  status: operation.status.toLowerCase(),
  cancel_requested: operation.cancel_requested,
  result: operation.result,
  error: operation.error,
  created_at: isoOf(operation.created_at),
  updated_at: isoOf(operation.heartbeat_at),
  finished_at: operation.finished_at && isoOf(operation.finished_at),
  _links: {
    stream: `/api/v1/operations/${operation.id}/stream`,
    ...(isOver(operation) ? {} : { cancel: `/api/v1/operations/${operation.id}` }),
  },
});
