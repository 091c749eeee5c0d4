// Connects once by each URL of the JSON list URLS, and says in a line how that ended. Usage: connect.mjs [SCHEMA].
import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from './generated/index.js'

for (const connectionString of JSON.parse(process.env.URLS)) {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString, max: 1 }, { schema: process.argv[2] }) })
  try {
    console.log('connected', await prisma.note.count())
  } catch (e) {
    console.log(e.code, e.message.trim().split('\n').at(-1))
  }
  await prisma.$disconnect()
}
