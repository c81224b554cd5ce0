import { parseArgs } from 'node:util';
import { startSimulator } from './simulator.ts';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '12111' }, host: { type: 'string', default: '127.0.0.1' } },
});
const simulator = await startSimulator({ port: Number(values.port), host: values.host });
process.stdout.write(`Stripe simulator at ${simulator.url}\n`);
const stop = (): void => void simulator.stop().then(() => process.exit(0));
process.once('SIGINT', stop).once('SIGTERM', stop);
