// The fields of the client's types, and those of the host's document: [name, whether it may be missing], by name.

import ts from 'typescript'

// Every interface and union that a declaration file exports, as lists of fields: an interface has one, a union one for each member.
export function declared (file) {
  const program = ts.createProgram([file], { module: ts.ModuleKind.NodeNext, strict: true, skipLibCheck: true })
  const checker = program.getTypeChecker()
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)))
  const fields = type => checker.getPropertiesOfType(type).map(property =>
    [property.name, (property.flags & ts.SymbolFlags.Optional) !== 0])
  return name => {
    const symbol = exported.find(symbol => symbol.name === name)
    const of = (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol
    const type = checker.getDeclaredTypeOfSymbol(of)
    return (type.isUnion() ? type.types : [type]).map(type => sorted(fields(type)))
  }
}

// The same of the schemas of an OpenAPI document.
export function described ({ components: { schemas } }) {
  const fields = ({ $ref, allOf = [], oneOf, properties = {}, required = [] }) => {
    if ($ref !== undefined) return fields(schemas[$ref.split('/').at(-1)])
    const own = Object.keys(properties).map(name => [name, !required.includes(name)])
    const variants = oneOf === undefined ? [[]] : oneOf.flatMap(fields)
    const withAll = (lists, part) => lists.flatMap(one => fields(part).map(other => [...one, ...other]))
    return allOf.reduce(withAll, variants.map(variant => [...own, ...variant]))
  }
  return name => fields(schemas[name]).map(sorted)
}

function sorted (fields) {
  return fields.sort(([one], [other]) => one < other ? -1 : 1)
}
