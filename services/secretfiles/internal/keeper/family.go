package keeper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// current marks the version of a secret that counts.
const current = "AWSCURRENT"

// lookAtFamily brings the files of all secrets whose names begin alike to their current values. The list tells which have changed, so
// that only those are read. The file of a secret that is gone, or waits for its deletion, goes.
func (k *Keeper) lookAtFamily(ctx context.Context, files, prefix string) error {
	secrets, err := k.list(ctx, prefix)
	if err != nil {
		return err
	}
	if k.versions == nil {
		k.versions = map[string]string{}
	}
	there := map[string]bool{}
	for _, secret := range secrets {
		name := nameOf(secret, prefix)
		file := strings.Replace(files, "*", name, 1)
		version := currentVersion(secret)
		if name == "" || strings.ContainsAny(name, "/\\") || version == "" { // another's, or one that has no value yet
			continue
		}
		if there[file] { // a successor of this one, which is on its way out
			continue
		}
		there[file] = true
		if k.versions[file] == version {
			continue
		}
		if err := k.update(ctx, file, aws.ToString(secret.ARN)); err != nil {
			// One of many does not keep the workload from starting.
			slog.Error("keep secrets as files", "file", file, "error", err.Error())
			continue
		}
		k.versions[file] = version
	}
	return k.forget(files, there)
}

// list asks for all secrets whose names begin so, the newest first: the filter looks at the beginning.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html
func (k *Keeper) list(ctx context.Context, prefix string) (all []types.SecretListEntry, err error) {
	pages := secretsmanager.NewListSecretsPaginator(k.Secrets, &secretsmanager.ListSecretsInput{
		MaxResults: aws.Int32(100), Filters: []types.Filter{{Key: types.FilterNameStringTypeName, Values: []string{prefix}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the secrets %s*: %w", prefix, err)
		}
		all = append(all, page.SecretList...)
	}
	slices.SortStableFunc(all, func(a, b types.SecretListEntry) int {
		return aws.ToTime(b.CreatedDate).Compare(aws.ToTime(a.CreatedDate))
	})
	return slices.DeleteFunc(all, func(s types.SecretListEntry) bool {
		return !strings.HasPrefix(aws.ToString(s.Name), prefix) || s.DeletedDate != nil
	}), nil
}

// nameOf is a secret's name without its beginning and without what made it unique.
func nameOf(secret types.SecretListEntry, prefix string) string {
	name := strings.TrimPrefix(aws.ToString(secret.Name), prefix)
	return name[:max(0, strings.LastIndexByte(name, '-'))]
}

func currentVersion(secret types.SecretListEntry) string {
	for version, stages := range secret.SecretVersionsToStages {
		if slices.Contains(stages, current) {
			return version
		}
	}
	return ""
}

// forget removes the files of a family that are not there any more.
func (k *Keeper) forget(files string, there map[string]bool) error {
	found, err := filepath.Glob(filepath.Join(k.Folder, files))
	if err != nil {
		return err
	}
	var failures []error
	for _, path := range found {
		file := filepath.Base(path)
		if _, single := k.ARNs[file]; there[file] || single {
			continue
		}
		delete(k.versions, file)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failures = append(failures, fmt.Errorf("remove %s, whose secret is gone: %w", file, err))
		}
	}
	return errors.Join(failures...)
}
