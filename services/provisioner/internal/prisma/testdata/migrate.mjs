// What "prisma migrate deploy" does, by the same engine compiled to WebAssembly, over the driver adapter: the command's
// own engine is a download. Usage: migrate.mjs FOLDER, the one of the migrations. The engine cannot read the environment,
// so PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK is followed here.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'

const files = path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'))
const glue = await load()
const secret = JSON.parse(process.env.TENANT_SECRET)
const pool = new PrismaPg({ connectionString: secret.libpqUrl, max: 1 }, { schema: secret.schema })
const unlocked = process.env.PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK
const lock = /^SELECT pg_advisory_lock\(72707369\)$/

const engine = await glue.SchemaEngine.new(
  { datamodels: [['schema.prisma', 'datasource db {\n provider = "postgresql"\n}\n']] },
  () => {},
  bindMigrationAwareSqlAdapterFactory({
    provider: pool.provider,
    adapterName: pool.adapterName,
    connectToShadowDb: () => pool.connectToShadowDb(),
    connect: async () => prepare(await pool.connect()),
  }),
)
const base = process.argv[2]
try {
  console.log(JSON.stringify(await engine.applyMigrations({ migrationsList: migrations(), filters: { externalTables: [], externalEnums: [] } })))
} catch (e) {
  console.error(e.message ?? e, e.code ?? '')
  process.exitCode = 1
}
process.exit()

async function load() {
  const glue = await import(path.join(files, 'schema_engine_bg.js'))
  const module = new WebAssembly.Module(fs.readFileSync(path.join(files, 'schema_engine_bg.wasm')))
  const imports = Object.fromEntries(WebAssembly.Module.imports(module).map((i) => [i.module, glue]))
  const instance = new WebAssembly.Instance(module, imports)
  glue.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start?.()
  return glue
}

function prepare(connection) {
  const driver = connection.underlyingDriver()
  // The adapter cuts a script at each semicolon, also within a function.
  connection.executeScript = async (script) => void (await driver.query(script))
  const execute = connection.executeRaw.bind(connection)
  connection.executeRaw = async (query) => (unlocked && lock.test(query.sql) ? 0 : execute(query))
  return connection
}

function migrations() {
  const read = (...name) => fs.readFileSync(path.join(base, ...name), 'utf8')
  const folders = fs.readdirSync(base, { withFileTypes: true }).filter((d) => d.isDirectory())
  return {
    baseDir: base,
    lockfile: { path: 'migration_lock.toml', content: read('migration_lock.toml') },
    migrationDirectories: folders.map((d) => d.name).sort().map((name) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: read(name, 'migration.sql') } },
    })),
    shadowDbInitScript: '',
  }
}
