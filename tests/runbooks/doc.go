// Package runbooks holds the pages of runbooks/ to their shape and runs the commands that stand in them, so that what a
// tired person copies at night has worked.
//
// A fenced block of a page is one of three kinds, told by the words behind its fence:
//
//	sh run                  the test runs it on a local cloud, and its output must match each "# expect: <regexp>" in it
//	sh aws-only: <reason>   it is not run, because of what the reason says; it is read as bash reads it, all the same
//	text                    no command: a message to send, a table, or variables to fill in
//
// A page whose effect needs nodes is tried on a local cloud of its own that has them, as root; so is the page that needs Temporal, by
// `make temporal`.
//
// The run blocks of a page are one shell session, in their order, begun with the block of runbooks/README.md that sets the
// shell for a local cloud. A page must leave the tenants as it found them.
//
// The trouble that a page is about, and what of it the local cloud lacks, such as a node or the database of a customer's old system, is
// made by testdata/<page>.sh in the same session, before the page, and removed by its trap. It says what it stands for.
//
// A page that changes something is proved by its effect, in <page>_test.go: observations of what is there after its Check and after
// its Undo, and harms. A harm is one step done wrong in silence. It is done in place of the step, the page is followed from there to
// its Check, which must go red, and a script repairs what was done; then the page goes on with the step as it is written. Each block
// that changes something before the Check has a harm, or the reason why it needs none. proofs lists all pages; docs/runbooks.md is
// written from it.
//
// While one page is being written, `PLATFORM_TEST_CLOUD=<folder> go test ./runbooks -run TestCommands/drift.md` runs that page
// alone, on a local cloud that stays in the folder for the next time.
package runbooks
