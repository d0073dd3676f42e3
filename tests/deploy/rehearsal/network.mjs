// The private Tor network of tests/tor, for the machine of the rehearsal. Out: the lines by which a tor there joins it, in the file that is named;
// after that it stays until it is ended.
import { renameSync, writeFileSync } from 'node:fs'
import { Network } from '../../tor/network.mjs'

const [, , lines] = process.argv
const network = await Network.start({})
console.log(`seconds: ${network.marks.join(', ')}`)
writeFileSync(`${lines}.partial`, [...network.joining, ''].join('\n'))
renameSync(`${lines}.partial`, lines)
setInterval(() => {}, 60_000)
