// Loads a TypeScript module of the page into Node. In: a path under web/src. Out: its exports.
import { build } from 'esbuild'

const source = new URL('../../web/src/', import.meta.url)

// The build puts the texts in; a module that is loaded alone has none.
const locales = {
  name: 'locales',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(locales|names)$/ }, ({ path }) => ({ path, namespace: 'locales' }))
    onLoad({ filter: /.*/, namespace: 'locales' }, () => ({ contents: `export const names = '', values = {}` }))
  },
}

const built = async (path, options) => (await build({
  entryPoints: [new URL(path, source).pathname], bundle: true, write: false, target: 'es2022', mainFields: ['module', 'main'], logLevel: 'error', plugins: [locales], ...options,
})).outputFiles[0]

export async function load(path) {
  const { contents } = await built(path, { format: 'esm', platform: 'neutral' })
  return import(`data:text/javascript;base64,${Buffer.from(contents).toString('base64')}`)
}

/** The same as a script for a browser, with the exports in one name. */
export const bundle = async (path, globalName) => (await built(path, { format: 'iife', platform: 'browser', globalName })).text
