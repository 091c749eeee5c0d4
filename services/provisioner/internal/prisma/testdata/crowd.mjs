// Many requests at once through one pool, of every kind. Prints how many failed, by their error.
import { prisma } from './db.mjs'

const kinds = [
  (i) => prisma.note.create({ data: { text: `n${i}` } }),
  () => prisma.note.findMany({ take: 5 }),
  () => prisma.$queryRaw`SELECT count(*)::int AS n, pg_sleep(0.01)::text FROM "Note"`,
  (i) => prisma.$executeRaw`INSERT INTO "Note" (text) VALUES (${`r${i}`})`,
  (i) => prisma.$transaction([prisma.note.create({ data: { text: `t${i}` } }), prisma.note.count()]),
  (i) => prisma.$transaction(async (tx) => {
    await tx.note.create({ data: { text: `i${i}` } })
    return tx.note.count()
  }),
]
const count = 120
const results = await Promise.allSettled(Array.from({ length: count }, (_, i) => kinds[i % kinds.length](i)))
const failed = {}
for (const { reason } of results.filter((r) => r.status === 'rejected')) {
  const text = reason.message.trim().split('\n').at(-1)
  failed[text] = (failed[text] ?? 0) + 1
}
console.log(JSON.stringify({ count, failed }))
await prisma.$disconnect()
