import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

const root = join(__dirname, '../..');

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

function filesIn(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path: relative(root, path), text: readFileSync(path, 'utf8') };
      }),
  );
}

/** Code without comments and strings; good enough to look for words. */
const codeOf = (text: string): string =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '$1')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, `''`);

/** Lines of these files that match, as `path:line: text`. */
const linesOf = (files: readonly SourceFile[], pattern: RegExp, view: (text: string) => string = (text) => text): string[] =>
  files.flatMap(({ path, text }) =>
    view(text)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );

describe('the house is tidy', () => {
  const source = filesIn('src', 'migrations');
  const tests = filesIn('test').filter(({ path }) => basename(path) !== 'tidy.spec.ts');
  const domain = source.filter(({ path }) => path.startsWith('src/domain/'));

  it('and was looked at', () => {
    expect(source.length).toBeGreaterThan(100);
    expect(tests.length).toBeGreaterThan(10);
    expect(domain.length).toBeGreaterThan(5);
  });

  it('no folder and no file has a name that says nothing', () => {
    const empty = /(^|\/)(utils?|common|helpers?|shared|misc|manager|processor|data|info)(\/|\.ts$|\.)/;
    expect(source.filter(({ path }) => empty.test(path)).map(({ path }) => path)).toEqual([]);
  });

  it('no file of src has more than 250 lines', () => {
    const long = source.filter(({ path, text }) => path.startsWith('src/') && text.split('\n').length > 251);
    expect(long.map(({ path, text }) => `${path}: ${text.split('\n').length - 1}`)).toEqual([]);
  });

  it('no rule of the domain that only tests ask', () => {
    const files = source.filter(({ path }) => path.startsWith('src/'));
    const rules = files.filter(({ path }) => path.startsWith('src/domain/') && path.endsWith('.ts'));
    const asked = ({ path }: { path: string }) =>
      files.some((file) => file.path !== path && file.text.includes(`/${path.split('/').at(-1)}'`));
    expect(rules.length).toBeGreaterThan(40);
    expect(rules.filter((rule) => !asked(rule)).map(({ path }) => path)).toEqual([]);
  });

  it('no forwardRef: telling upwards happens by rows', () => {
    expect(linesOf(source, /\bforwardRef\b/)).toEqual([]);
  });

  it('no any', () => {
    expect(linesOf(source, /(:|\bas|<)\s*any\b/, codeOf)).toEqual([]);
  });

  it('nothing is left for later, and no test is skipped or alone', () => {
    const words = new RegExp(['TO', 'DO|FIX', 'ME'].join(''));
    expect(linesOf([...source, ...tests], words)).toEqual([]);
    expect(linesOf(tests, /\b(it|test|describe)\.(skip|only|todo|failing)\b|\bx(it|describe)\(/)).toEqual([]);
  });

  it('the domain reads no number from text as a float: money is exact', () => {
    // A count of digits is no money.
    const view = (text: string): string => codeOf(text).replaceAll(/\bNumber\((width|exponent)\)/g, '0');
    expect(linesOf(domain, /\bparseFloat\b|\bNumber\(|\bMath\.round\b|\.toFixed\(/, view)).toEqual([]);
  });

  it('only the configuration reads the environment', () => {
    // A child process inherits the whole environment; everybody else reads settings through readConfig.
    const allowed = /^src\/platform\/embedded-postgres\/(cluster|server)\.ts:|\breadConfig\(process\.env\)/;
    expect(linesOf(source, /\bprocess\.env\b/, codeOf).filter((line) => !allowed.test(line))).toEqual([]);
  });

  it('every room says in at most 40 lines what it owns, and what it does not', () => {
    const rooms = readdirSync(join(root, 'src/modules'));
    const wrong = rooms.filter((room) => {
      const path = join(root, 'src/modules', room, 'README.md');
      const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
      return (
        text.trimEnd().split('\n').length > 40 ||
        !['**Owns**', '**Does not own**', 'nvariants'].every((part) => text.includes(part))
      );
    });
    expect(wrong).toEqual([]);
  });

  it('every room has its front door', () => {
    const rooms = new Set(source.flatMap(({ path }) => /^src\/modules\/([^/]+)\//.exec(path)?.[1] ?? []));
    const doors = new Set(source.flatMap(({ path }) => /^src\/modules\/([^/]+)\/index\.ts$/.exec(path)?.[1] ?? []));
    expect([...rooms].filter((room) => !doors.has(room))).toEqual([]);
  });
});
