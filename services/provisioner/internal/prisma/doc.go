// Package prisma proves that an application with Prisma can use a tenant as docs/application.md says: with the files that
// stand there, on a real server, through the provisioner's own code and with the tenant's own secret.
package prisma
