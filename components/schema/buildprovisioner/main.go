// Command buildprovisioner builds the artifact of the provisioner's Lambda function:
//
//	go run ./components/schema/buildprovisioner --architecture arm64 --output bin/provisioner-arm64.zip
//
// Run it in the repository's folder. The authorities that sign the database's certificate are fetched from AWS, or given
// by --ca-file.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/genericcorp/platform/components/schema/artifact"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "buildprovisioner:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to undo
	}
}

func run(ctx context.Context) error {
	architecture := flag.String("architecture", "arm64", "the function's processor: arm64 or x86_64")
	output := flag.String("output", "bin/provisioner-arm64.zip", "the artifact")
	file := flag.String("ca-file", "", "authorities of the database's certificate, in PEM (default: fetched from AWS)")
	checksum := flag.String("ca-sha256", "", "take no other authorities than those of this checksum")
	flag.Parse()
	var authorities []byte
	var err error
	if *file != "" {
		authorities, err = os.ReadFile(*file)
	} else {
		authorities, err = artifact.Fetch(ctx, artifact.RDSAuthorities, *checksum)
	}
	if err != nil {
		return err
	}
	return artifact.Build(ctx, artifact.Options{Repository: ".", Architecture: *architecture, Authorities: authorities, Output: *output})
}
