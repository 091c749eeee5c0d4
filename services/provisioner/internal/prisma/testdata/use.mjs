// Reads and writes as one tenant, by the client and by raw queries, and tries another's schema. Usage: use.mjs ME OTHER.
import { prisma } from './db.mjs'

const [me, other] = process.argv.slice(2)
await prisma.note.create({ data: { text: `client of ${me}` } })
await prisma.$executeRaw`INSERT INTO "Note" (text) VALUES (${`raw of ${me}`})`
await prisma.$transaction([
  prisma.note.updateMany({ where: { text: `client of ${me}` }, data: { text: `changed by ${me}` } }),
  prisma.$executeRawUnsafe(`UPDATE "Note" SET text = text || '!'`),
])
const refused = async (sql) => {
  try {
    return `not refused: ${JSON.stringify(await prisma.$queryRawUnsafe(sql))}`
  } catch (e) {
    return e.meta?.driverAdapterError?.cause?.originalCode ?? e.meta?.code ?? e.code ?? e.message
  }
}
console.log(JSON.stringify({
  client: (await prisma.note.findMany({ orderBy: { id: 'asc' } })).map((n) => n.text),
  raw: (await prisma.$queryRaw`SELECT text FROM "Note" ORDER BY id`).map((n) => n.text),
  place: (await prisma.$queryRaw`SELECT current_schema()::text AS schema, shout('quiet') AS said`)[0],
  refused: [
    await refused(`SELECT * FROM "tenant_${other}"."Note"`),
    await refused(`SET search_path = "tenant_${other}"`).then(() => refused(`SELECT * FROM "tenant_${other}"."Note"`)),
    await refused(`INSERT INTO "tenant_${other}"."Note" (text) VALUES ('x')`),
    await refused(`SELECT * FROM "tenant_${other}"._prisma_migrations`),
  ],
}))
await prisma.$disconnect()
