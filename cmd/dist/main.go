// Command dist makes the release archives: the operator's command for each platform, with the files that it needs where
// there is no checkout and no Go, a list of all modules in it, and checksums. The same sources give the same bytes.
//
//	go run ./cmd/dist --version v1.2.0 --platforms "linux/amd64 darwin/arm64"
//
// Run it in the repository's folder. It packs the provisioner's archives, which `make dist` builds before.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	version := flag.String("version", "", "the release's version, such as v1.2.0")
	platforms := flag.String("platforms", strings.Join(supported, " "), "the operating systems and processors, with spaces between")
	output := flag.String("output", "dist", "the folder for the archives")
	flag.Parse()
	if err := run(ctx, *version, strings.Fields(*platforms), *output, compile); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to undo
	}
}

// supported are the platforms that a release is made for.
var supported = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64"}

// versionPattern is what a file's name, a linker's flag and a URL hold as it is.
var versionPattern = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,99}$`)

// run writes the archives, beside each the list of its modules, and the checksums of all.
func run(ctx context.Context, version string, platforms []string, output string, compile compiler) error {
	if !versionPattern.MatchString(version) {
		return fmt.Errorf("--version: got %q, expected letters, digits, dots, underscores and hyphens, at most 100", version)
	}
	targets, err := parsePlatforms(platforms)
	if err != nil {
		return err
	}
	common, err := collect(version)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(output, 0o755); err != nil { //nolint:gosec // a folder of build results
		return err
	}
	var names []string
	for _, target := range targets {
		program, err := compile(ctx, target, version)
		if err != nil {
			return err
		}
		packed, sbom, err := pack(target, version, program, common)
		if err != nil {
			return fmt.Errorf("%s: %w", target, err)
		}
		name := target.folder(version)
		for file, text := range map[string][]byte{name + ".tar.gz": packed, name + ".cdx.json": sbom} {
			if err := os.WriteFile(filepath.Join(output, file), text, 0o644); err != nil { //nolint:gosec // nothing in it is secret
				return err
			}
			names = append(names, file)
		}
		fmt.Println(filepath.Join(output, name+".tar.gz"))
	}
	return writeChecksums(output, names)
}
