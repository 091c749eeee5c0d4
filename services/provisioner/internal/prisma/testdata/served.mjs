// Tells whether the release that SCHEMA_VERSION names may serve the tenant.
import { prisma } from './db.mjs'
import { isServed } from './version.mjs'

console.log(await isServed())
await prisma.$disconnect()
