// Command buildarchive builds the artifact of a service's Lambda function:
//
//	go run ./services/buildarchive --service provisioner --architecture arm64
//
// Run it in the repository's folder. A function that reaches the database gets the authorities that sign its certificate: those of RDS, or
// given by --ca-file.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
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
	service := flag.String("service", artifact.Services[0], "whose function: "+strings.Join(artifact.Services, ", "))
	architecture := flag.String("architecture", "arm64", "the function's processor: arm64 or x86_64")
	output := flag.String("output", "", "the artifact (default bin/<service>-<architecture>.zip)")
	file := flag.String("ca-file", "", "authorities of the database's certificate, in PEM (default: those of RDS)")
	flag.Parse()
	if !slices.Contains(artifact.Services, *service) {
		//page:none what was typed is wrong, and the message says what is right
		return fmt.Errorf("--service: got %q, expected one of %s", *service, strings.Join(artifact.Services, ", "))
	}
	options := artifact.Options{
		Repository: ".", Program: "./services/" + *service, Architecture: artifact.Architecture(*architecture),
		Output: cmp.Or(*output, artifact.Path(*service, artifact.Architecture(*architecture))),
	}
	if *service == artifact.Provisioner {
		authorities, err := authoritiesOf(*file)
		if err != nil {
			return err
		}
		options.Files = []artifact.File{{Name: api.CAFile, Text: authorities}}
	}
	return artifact.Build(ctx, options)
}

// authoritiesOf are those in the file or, without one, of RDS.
func authoritiesOf(file string) ([]byte, error) {
	authorities, err := rdsca.Authorities()
	if file != "" {
		authorities, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, err
	}
	return authorities, rdsca.Check(authorities, time.Now())
}
