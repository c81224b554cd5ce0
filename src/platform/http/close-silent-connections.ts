import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * A closing server waits for requests in hand. Node counts a connection that never sent a whole request head among them, for a
 * minute and longer; a browser's or a client's spare connection would hold up every restart. Those are ended at once.
 */
export function closeSilentConnections(fastify: FastifyInstance): void {
  const silent = new Set<Socket>();
  let closing = false;
  fastify.server.on('connection', (socket: Socket) => {
    if (closing) return void socket.destroy();
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  fastify.server.on('request', ({ socket }) => silent.delete(socket));
  fastify.addHook('preClose', (done) => {
    closing = true;
    for (const socket of silent) socket.destroy();
    done();
  });
}
