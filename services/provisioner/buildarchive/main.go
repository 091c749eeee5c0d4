// Command buildarchive builds the artifact of the provisioner's Lambda function:
//
//	go run ./services/provisioner/buildarchive --architecture arm64
//
// Run it in the repository's folder. The authorities that sign the database's certificate are those of RDS, or given by
// --ca-file.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/genericcorp/platform/internal/artifact"
	"github.com/genericcorp/platform/internal/rdsca"
	"github.com/genericcorp/platform/services/provisioner/api"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "buildarchive:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to undo
	}
}

func run(ctx context.Context) error {
	architecture := flag.String("architecture", "arm64", "the function's processor: arm64 or x86_64")
	output := flag.String("output", "", "the artifact (default bin/provisioner-<architecture>.zip)")
	file := flag.String("ca-file", "", "authorities of the database's certificate, in PEM (default: those of RDS)")
	flag.Parse()
	authorities, err := rdsca.Authorities()
	if *file != "" {
		authorities, err = os.ReadFile(*file)
	}
	if err != nil {
		return err
	}
	if err := rdsca.Check(authorities, time.Now()); err != nil {
		return err
	}
	return artifact.Build(ctx, artifact.Options{
		Repository: ".", Program: "./services/provisioner", Architecture: artifact.Architecture(*architecture),
		Files: []artifact.File{{Name: api.CAFile, Text: authorities}}, Output: cmp.Or(*output, artifact.Path("provisioner", artifact.Architecture(*architecture))),
	})
}
