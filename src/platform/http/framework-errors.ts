import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { withLogContext } from '../logging/log.ts';
import { errorBody } from './error.filter.ts';

/** A path that no router can read (`/%zz`): refused before any hook runs, so the request id is set here. */
export function answerBadPath(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  withLogContext({ request_id: request.id }, () => {
    void reply
      .status(400)
      .headers({ 'x-request-id': request.id, 'cache-control': 'no-store' })
      .header('content-type', 'application/json; charset=utf-8')
      .send(errorBody('bad_request'));
  });
}

/** Bytes that are no HTTP: there is no request to answer, only a socket to say it on. */
export function answerBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const id = randomUUID();
  const code = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'bad_request';
  const answer = withLogContext({ request_id: id }, () => errorBody(code));
  const body = JSON.stringify(answer);
  const head = [
    `HTTP/1.1 ${answer.status} ${answer.error}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${id}`,
    'cache-control: no-store',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
