import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * A closing server waits for requests in hand, and for nothing else. Node also waits, for a minute and longer, for a connection that
 * never sent a whole request head, such as a browser's spare one: those are ended at once. And it would keep one whose last request
 * was in hand when the closing began open for another: those end with their answer.
 */
export function closeSilentConnections(fastify: FastifyInstance): void {
  const silent = new Set<Socket>();
  const answering = new Set<ServerResponse>();
  let closing = false;
  fastify.server.on('connection', (socket: Socket) => {
    if (closing) return void socket.destroy();
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  fastify.server.on('request', ({ socket }, response: ServerResponse) => {
    silent.delete(socket);
    answering.add(response);
    response.once('close', () => answering.delete(response));
  });
  fastify.addHook('preClose', (done) => {
    closing = true;
    for (const socket of silent) socket.destroy();
    for (const response of answering) {
      const { socket } = response;
      response.shouldKeepAlive = false;
      response.once('close', () => socket?.destroySoon());
    }
    done();
  });
}
