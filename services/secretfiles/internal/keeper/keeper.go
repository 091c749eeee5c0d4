// Package keeper keeps secrets as files: it asks again and again for their current values, and replaces what has changed.
package keeper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/genericcorp/platform/services/secretfiles/api"
)

// Secrets is what the keeper uses of AWS Secrets Manager.
type Secrets interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
	ListSecrets(context.Context, *secretsmanager.ListSecretsInput, ...func(*secretsmanager.Options)) (*secretsmanager.ListSecretsOutput, error)
}

// Keeper keeps one file for each secret.
type Keeper struct {
	api.Wanted

	Folder  string
	Secrets Secrets
	Every   time.Duration // between two looks at all of them

	versions map[string]string // of secrets of families, by file: what was read last

	whole atomic.Bool // every file has been written once
}

// retry is how soon the keeper asks again while a file is still missing: its workload waits for it.
const retry = time.Second

// Run keeps the files until the context ends. Where a secret cannot be read, its file stays as it was, and the log says why.
func (k *Keeper) Run(ctx context.Context, address string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen for whoever asks whether the files are there: %w", err)
	}
	server := &http.Server{Handler: k, ReadHeaderTimeout: retry}
	defer func() { _ = server.Close() }()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	for {
		if err := k.look(ctx); err != nil && ctx.Err() == nil {
			slog.Error("keep secrets as files", "error", err.Error())
		}
		wait := k.Every
		if !k.whole.Load() {
			wait = min(wait, retry)
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return fmt.Errorf("answer whoever asks whether the files are there: %w", err)
		case <-time.After(wait):
		}
	}
}

// ServeHTTP says whether every file has been written.
func (k *Keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != api.ReadyPath:
		http.NotFound(w, r)
	case k.whole.Load():
		w.WriteHeader(http.StatusOK)
	default:
		http.Error(w, "some secrets were not read yet", http.StatusServiceUnavailable)
	}
}

// look brings every file to its secret's current value. One that fails does not keep the others back.
func (k *Keeper) look(ctx context.Context) error {
	var failures []error
	for _, file := range slices.Sorted(maps.Keys(k.ARNs)) {
		if err := k.update(ctx, file, k.ARNs[file]); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", file, err))
		}
	}
	for _, files := range slices.Sorted(maps.Keys(k.Prefixes)) {
		if err := k.lookAtFamily(ctx, files, k.Prefixes[files]); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", files, err))
		}
	}
	if len(failures) == 0 {
		k.whole.Store(true)
	}
	return errors.Join(failures...)
}

func (k *Keeper) update(ctx context.Context, file, arn string) error {
	answer, err := k.Secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(arn)})
	if err != nil {
		return fmt.Errorf("read the secret %s: %w", arn, err)
	}
	value := answer.SecretBinary
	if answer.SecretString != nil {
		value = []byte(*answer.SecretString)
	}
	path := filepath.Join(k.Folder, file)
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, value) {
		return nil
	}
	return replace(path, value)
}

// replace writes a file as a whole: whoever opens it reads the old value or the new one, never a part.
func replace(path string, value []byte) error {
	beside := filepath.Join(filepath.Dir(path), "."+filepath.Base(path))
	if err := os.WriteFile(beside, value, 0o400); err != nil {
		return fmt.Errorf("write the new value: %w", errors.Join(err, os.Remove(beside)))
	}
	if err := os.Rename(beside, path); err != nil {
		return fmt.Errorf("replace the old value: %w", errors.Join(err, os.Remove(beside)))
	}
	return nil
}
