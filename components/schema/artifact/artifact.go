// Package artifact builds the provisioner's Lambda artifact: the same sources, toolchain and authorities give the same
// bytes.
package artifact

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/components/schema/contract"
)

const (
	program = "github.com/genericcorp/platform/components/schema/provisioner"
	// bootstrap is the name that the runtime provided.al2023 starts.
	bootstrap = "bootstrap"
)

// goArchitectures are Go's names of Lambda's processors.
var goArchitectures = map[string]string{"arm64": "arm64", "x86_64": "amd64"}

// Options say what to build.
type Options struct {
	Repository   string // the folder of go.mod
	Architecture string // "arm64" or "x86_64", as Lambda names processors
	Authorities  []byte // PEM: who may sign the database's certificate
	Output       string // the zip file
}

// Build compiles the provisioner and packs it with the authorities.
func Build(ctx context.Context, o Options) error {
	goArchitecture, ok := goArchitectures[o.Architecture]
	if !ok {
		return fmt.Errorf("architecture: got %q, expected arm64 or x86_64", o.Architecture)
	}
	if err := checkAuthorities(o.Authorities, time.Now()); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "provisioner")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) // the system's own folder for such files
	compiled := filepath.Join(folder, bootstrap)
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags=lambda.norpc", "-gcflags=all=-dwarf=false", "-ldflags=-s -w -buildid=", "-o", compiled, program) // the platform's own program
	build.Dir = o.Repository
	build.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GOFLAGS=") }),
		"GOOS=linux", "GOARCH="+goArchitecture, "CGO_ENABLED=0", "GOAMD64=v1", "GOARM64=v8.0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the provisioner: %w\n%s", err, out)
	}
	text, err := os.ReadFile(compiled) // just built
	if err != nil {
		return err
	}
	packed, err := pack(text, o.Authorities)
	if err != nil {
		return fmt.Errorf("pack the provisioner: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(o.Output), 0o755); err != nil { //nolint:gosec // a folder of build results
		return err
	}
	// In one step, so that whoever reads it meanwhile reads a whole one.
	if err := os.WriteFile(o.Output+".new", packed, 0o644); err != nil { //nolint:gosec // nothing in it is secret
		return err
	}
	return os.Rename(o.Output+".new", o.Output)
}

// pack zips without times and owners.
func pack(compiled, authorities []byte) ([]byte, error) {
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	for _, file := range []struct {
		name string
		mode os.FileMode
		text []byte
	}{{bootstrap, 0o755, compiled}, {contract.CAFile, 0o644, authorities}} {
		header := &zip.FileHeader{Name: file.name, Method: zip.Deflate}
		header.SetMode(file.mode)
		w, err := archive.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(file.text); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

// checkAuthorities requires certificates of authorities, and nothing else.
func checkAuthorities(text []byte, now time.Time) error {
	found := 0
	for rest := bytes.TrimSpace(text); len(rest) > 0; found++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != "CERTIFICATE" {
			return errors.New("the database's certificate authorities: expected certificates in PEM, and nothing else")
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("the database's certificate authorities: %w", err)
		}
		if !certificate.IsCA || now.After(certificate.NotAfter) {
			return fmt.Errorf("the database's certificate authorities: %s is no authority, or has expired: fetch the bundle anew", certificate.Subject)
		}
		rest = bytes.TrimSpace(rest)
	}
	if found == 0 {
		return errors.New("the database's certificate authorities: there is none")
	}
	return nil
}
