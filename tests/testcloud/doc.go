// Package testcloud gives tests a local cloud and the operator's command, so that they do what people and pipelines do.
//
// A test takes what it needs:
//
//	Shared     the environment `local` with its sample tenants, deployed: shared with the tests that run beside this one
//	Exclusive  the same, with no other test beside this one: for what changes the environment, and brings it back
//	Fresh      a local cloud that was never started: the run's, if no test has used it yet, so that a test of the first
//	           deployment makes the one that all share
//	Empty      a local cloud of the test's own with nothing deployed
//
// The tests of one run share one deployed environment. PLATFORM_TEST_CLOUD names the run's folder: the Makefile makes it,
// and takes the local cloud down at the end, whatever happened. A package that runs without it makes a run of its own:
// its TestMain calls Main, which removes it.
//
// Cloud's methods run the operator's command, the engine and other programs against the local cloud, and note all that
// they print, so that the end of the run can look for secrets in it.
package testcloud
