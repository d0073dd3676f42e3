// Loads a TypeScript module of the page into Node. In: a path under web/src. Out: its exports.
import { build } from 'esbuild'

const source = new URL('../../web/src/', import.meta.url)

export async function load(path) {
  const built = await build({
    entryPoints: [new URL(path, source).pathname], bundle: true, write: false, format: 'esm', platform: 'neutral', target: 'es2022',
    mainFields: ['module', 'main'], logLevel: 'error',
  })
  return import(`data:text/javascript;base64,${Buffer.from(built.outputFiles[0].contents).toString('base64')}`)
}
