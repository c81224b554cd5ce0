import { join } from 'node:path';
import ts from 'typescript';

const declarations = join(__dirname, '../../node_modules/lago-javascript-client/esm/openapi/client.d.ts');

interface Types {
  readonly checker: ts.TypeChecker;
  readonly file: ts.SourceFile;
}

let loaded: Types | undefined;

function load(): Types {
  const program = ts.createProgram([declarations], { noLib: false, strict: true, skipLibCheck: true, types: [] });
  const file = program.getSourceFile(declarations);
  if (!file) throw new Error('the official client declares no types');
  return { checker: program.getTypeChecker(), file };
}

/**
 * Where a value differs from a type that the official client declares: properties that are missing, or of another type or word. What
 * the client does not know is no difference.
 */
export function differencesFrom(typeName: string, value: unknown): string[] {
  loaded ??= load();
  const { checker, file } = loaded;
  const symbol = exportsOf(checker, file).find(({ name }) => name === typeName);
  if (!symbol) throw new Error(`the official client declares no type ${typeName}`);
  return differences(checker, checker.getDeclaredTypeOfSymbol(symbol), value, typeName);
}

const exportsOf = (checker: ts.TypeChecker, file: ts.SourceFile): ts.Symbol[] => {
  const module = checker.getSymbolAtLocation(file);
  return module ? checker.getExportsOfModule(module) : [];
};

function differences(checker: ts.TypeChecker, type: ts.Type, value: unknown, path: string): string[] {
  if (type.isUnion()) {
    const each = type.types.map((member) => differences(checker, member, value, path));
    // An object is compared with the object that was meant, anything else with all that may stand there.
    const ofObjects = each.filter((_, index) => isObject(value) && (type.types[index]?.flags ?? 0) & ts.TypeFlags.Object);
    if (each.some((list) => list.length === 0)) return [];
    const [closest] = ofObjects.toSorted((a, b) => a.length - b.length);
    return closest ?? [`${path}: ${print(value)} is not ${checker.typeToString(type)}`];
  }
  const refusal = [`${path}: ${print(value)} is not ${checker.typeToString(type)}`];
  if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return [];
  if (type.flags & ts.TypeFlags.Null) return value === null ? [] : refusal;
  if (type.flags & ts.TypeFlags.Undefined) return value === undefined ? [] : refusal;
  if (type.isStringLiteral() || type.isNumberLiteral()) return value === type.value ? [] : refusal;
  if (type.flags & ts.TypeFlags.BooleanLiteral)
    return String(value) === checker.typeToString(type) && typeof value === 'boolean' ? [] : refusal;
  if (type.flags & ts.TypeFlags.String) return typeof value === 'string' ? [] : refusal;
  if (type.flags & ts.TypeFlags.Number) return typeof value === 'number' ? [] : refusal;
  if (checker.isArrayType(type)) {
    const [item] = checker.getTypeArguments(type as ts.TypeReference);
    if (!Array.isArray(value) || !item) return refusal;
    return value.flatMap((element: unknown, index) => differences(checker, item, element, `${path}[${index}]`));
  }
  if (!isObject(value) || Array.isArray(value)) return refusal;
  return checker.getPropertiesOfType(type).flatMap((property) => {
    const held = (value as Readonly<Record<string, unknown>>)[property.name];
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    if (held === undefined) return isOptional ? [] : [`${path}.${property.name} is missing`];
    // Lago answers null for what is optional and not there.
    if (held === null && isOptional) return [];
    return differences(checker, checker.getTypeOfSymbol(property), held, `${path}.${property.name}`);
  });
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const print = (value: unknown): string => JSON.stringify(value)?.slice(0, 80) ?? 'undefined';
