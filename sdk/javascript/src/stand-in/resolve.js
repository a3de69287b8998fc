// Where Node finds the host's interfaces.

const INTERFACE = /^bsv:overlay\/([a-z]+)@/

/** Node's hook, called for every import. */
export function resolve (specifier, context, next) {
  const [, name] = INTERFACE.exec(specifier) ?? []
  return name === undefined
    ? next(specifier, context)
    : { url: new URL(`./interfaces/${name}.js`, import.meta.url).href, format: 'module', shortCircuit: true }
}
