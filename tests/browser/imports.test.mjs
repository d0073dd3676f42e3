// How the modules of the page (web/src) stand on each other. In: their import lines, also those of types alone. Out: that none stands on itself.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { posix } from 'node:path'
import { test } from 'node:test'

const source = new URL('../../web/src/', import.meta.url)
const IMPORT = /^(?:import|export)\b[^'"]*?['"](\.[^'"]+)['"]|\bimport\(\s*['"](\.[^'"]+)['"]\s*\)/gm

/** Each module with what it imports, as paths under web/src. `read` gives the text of one. */
function graph(paths, read) {
  return new Map(paths.map((path) => [path, [...read(path).matchAll(IMPORT)].map(([, named, called]) => posix.join(posix.dirname(path), named ?? called))]))
}

/** The first circle found, as a path that ends where it begins. */
function circle(modules) {
  const done = new Set()
  const visit = (path, way) => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path]
    if (done.has(path)) return undefined
    for (const next of modules.get(path) ?? []) {
      const found = visit(next, [...way, path])
      if (found) return found
    }
    done.add(path)
    return undefined
  }
  for (const path of modules.keys()) {
    const found = visit(path, [])
    if (found) return found
  }
  return undefined
}

const paths = readdirSync(source, { recursive: true }).filter((path) => /\.ts$/.test(path) && !/\.d\.ts$/.test(path))
const modules = graph(paths, (path) => readFileSync(new URL(path, source), 'utf8'))

test('no module of the page imports itself by way of others, not even for a type', () => {
  assert.ok(modules.size > 50 && [...modules.values()].flat().length > 150, 'imports are not found any more')
  for (const [path, imports] of modules) for (const named of imports) assert.ok(modules.has(named), `${path} imports ${named}, which is not there`)
  assert.equal(circle(modules)?.join(' → '), undefined)
})

test('a circle that is added is found, of whatever kind of import', () => {
  for (const back of [`import type { A } from '../a.ts'`, `import '../a.ts'`, `export * from '../a.ts'`, `const a = await import('../a.ts')`, `import {\n  type A,\n} from '../a.ts'`]) {
    const texts = { 'a.ts': `import { b } from './in/b.ts'`, 'in/b.ts': `import type { C } from './c.ts'`, 'in/c.ts': back, 'd.ts': `import './a.ts'` }
    assert.deepEqual(circle(graph(Object.keys(texts), (path) => texts[path])), ['a.ts', 'in/b.ts', 'in/c.ts', 'a.ts'], back)
  }
})
