import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parameterSchemas, printed } from '../../tools/stripe-simulator/generate/parameters.ts';

describe('the parameters the simulator takes', () => {
  it('are those of the pinned SDK: generate/parameters.ts was run', () => {
    const directory = join(__dirname, '../../tools/stripe-simulator');
    const kept = readFileSync(join(directory, 'src/http/parameters.json'), 'utf8');
    expect(printed(parameterSchemas(directory)) === kept).toBe(true);
  });
});
