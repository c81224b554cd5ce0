// Jest transformer: everything that is an ES module (our TypeScript, and ESM-only packages such as NestJS 12)
// becomes CommonJS through SWC; CommonJS packages pass through untouched.
const { readFileSync, existsSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { createHash } = require('node:crypto');
const swc = require('@swc/core');

const types = new Map();
function packageType(dir) {
  if (types.has(dir)) return types.get(dir);
  const file = join(dir, 'package.json');
  let t;
  if (existsSync(file)) t = JSON.parse(readFileSync(file, 'utf8')).type ?? 'commonjs';
  else {
    const up = dirname(dir);
    t = up === dir ? 'commonjs' : packageType(up);
  }
  types.set(dir, t);
  return t;
}
const isEsm = (f) => /\.m[jt]s$/.test(f) || (/\.(js|ts)$/.test(f) && packageType(dirname(f)) === 'module');
const options = (filename) => ({
  filename,
  swcrc: false,
  configFile: false,
  sourceMaps: 'inline',
  module: { type: 'commonjs', ignoreDynamic: false },
  jsc: {
    target: 'es2022',
    keepClassNames: true,
    parser: /\.[mc]?ts$/.test(filename) ? { syntax: 'typescript', decorators: true } : { syntax: 'ecmascript' },
    transform: { legacyDecorator: true, decoratorMetadata: true, hidden: { jest: true } },
  },
});
const salt = createHash('sha1').update(readFileSync(__filename)).update(swc.version).digest('hex');
module.exports = {
  getCacheKey: (src, f, o) => createHash('sha1').update(salt).update(f).update(src).update(String(o.instrument)).digest('hex'),
  process(src, f) {
    if (!f.endsWith('.ts') && !isEsm(f)) return { code: src };
    const out = swc.transformSync(src, options(f));
    // `import.meta.url` must not go through __filename: ESM code may declare its own `const __filename`.
    let code = out.code.replaceAll('pathToFileURL(__filename)', 'pathToFileURL(module.filename)');
    if (/^\s*(?:const|let|var)\s+__(?:dir|file)name\b/m.test(src)) code = `(function () {${code}\n})();`;
    return { code };
  },
};
