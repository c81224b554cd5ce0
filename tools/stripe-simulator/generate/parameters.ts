import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Schema } from '../src/http/schema.ts';

/**
 * Reads the SDK's own types and writes src/http/parameters.json: for every route, the parameters Stripe takes.
 * Run it when the pinned SDK changes; test/simulator/parameters.spec.ts notices when it was forgotten.
 */
export function parameterSchemas(packageDirectory: string): { routes: Record<string, string>; types: Record<string, Schema> } {
  const file = join(packageDirectory, 'src/http/parameter-types.ts');
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.es2023.d.ts'],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const declaration = source?.statements.find(
    (statement): statement is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(statement) && statement.name.text === 'ParameterTypes',
  );
  if (!declaration) throw new Error(`${file} has no interface ParameterTypes`);
  const walk = new TypeWalk(checker);
  const routes: Record<string, string> = {};
  for (const property of checker.getTypeAtLocation(declaration).getProperties())
    routes[property.name] = walk.nameOf(checker.getTypeOfSymbol(property));
  return { routes, types: walk.types };
}

/** Turns object types into named schemas; the same type is written once. */
class TypeWalk {
  readonly types: Record<string, Schema> = {};
  private readonly names = new Map<ts.Type, string>();

  constructor(private readonly checker: ts.TypeChecker) {}

  nameOf(type: ts.Type): string {
    const known = this.names.get(type);
    if (known) return known;
    const name = `t${this.names.size}`;
    this.names.set(type, name);
    this.types[name] = this.objectOf(type);
    return name;
  }

  private objectOf(type: ts.Type): Schema {
    const fields: Record<string, Schema> = {};
    const required: string[] = [];
    for (const property of type.getProperties()) {
      if ((property.flags & ts.SymbolFlags.Optional) === 0) required.push(property.name);
      fields[property.name] = this.schemaOf(this.checker.getTypeOfSymbol(property));
    }
    return required.length > 0 ? { fields, required } : { fields };
  }

  private schemaOf(type: ts.Type): Schema {
    const parts = (type.isUnion() ? type.types : [type]).filter(
      (part) => (part.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)) === 0,
    );
    const clearable = parts.some((part) => part.isStringLiteral() && part.value === '');
    const schemas = parts.flatMap((part) => this.partOf(part));
    const merged: Schema = Object.assign({}, ...schemas.map(({ literal: _literal, ...rest }) => rest));
    const literals = schemas.flatMap(({ literal }) => (literal ? [literal] : []));
    const open = parts.some((part) => part.isIntersection() || (part.flags & ts.TypeFlags.String) !== 0);
    // `'a' | 'b' | OtherString`: what is sent must still be one of the names Stripe documents.
    if (literals.length > 0) merged.oneOf = literals.toSorted();
    else if (open && !merged.number) merged.string = true;
    if (clearable) merged.clearable = true;
    return merged;
  }

  private partOf(part: ts.Type): (Schema & { literal?: string })[] {
    if (part.isStringLiteral()) return part.value === '' ? [] : [{ literal: part.value }];
    if (part.isIntersection()) return [];
    if (part.flags & ts.TypeFlags.BooleanLike) return [{ boolean: true }];
    if (part.flags & ts.TypeFlags.NumberLike) return [{ number: true }];
    if (part.flags & ts.TypeFlags.StringLike) return [{ string: true }];
    if (this.checker.isArrayType(part)) {
      const [element] = this.checker.getTypeArguments(part as ts.TypeReference);
      return [{ array: element ? this.schemaOf(element) : {} }];
    }
    const text = this.checker.typeToString(part);
    if (/\bDecimal\b/.test(text)) return [{ string: true }];
    const index = part.getStringIndexType();
    if (index) return [{ map: this.schemaOf(index) }];
    return [{ object: this.nameOf(part) }];
  }
}

/** As it lies in the repository. */
export const printed = (schemas: object): string => `${JSON.stringify(schemas)}\n`;

if (process.argv[1]?.endsWith('generate/parameters.ts')) {
  const root = join(import.meta.dirname, '..');
  writeFileSync(join(root, 'src/http/parameters.json'), printed(parameterSchemas(root)));
}
