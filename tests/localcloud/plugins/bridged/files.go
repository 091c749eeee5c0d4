package bridged

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"
)

// contentFiles holds the content of assets and archives in files named by the content, so that the same content has the
// same path in every run and Terraform sees a change exactly when there is one.
type contentFiles struct{ dir string }

// path implements files. What is already a path, or not yet known, stays.
func (c contentFiles) path(value *structpb.Value) (*structpb.Value, error) {
	if _, object := value.GetKind().(*structpb.Value_StructValue); !object {
		return value, nil
	}
	parsed, err := plugin.UnmarshalPropertyValue("", value, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		return nil, err
	}
	if parsed.IsSecret() {
		content := parsed.SecretValue().Element
		parsed = &content
	}
	switch {
	case parsed.IsArchive():
		content := parsed.ArchiveValue()
		return c.write(content.Hash+".zip", content.EnsureHash, func(w io.Writer) error {
			return content.Archive(archive.ZIPArchive, w)
		})
	case parsed.IsAsset():
		content := parsed.AssetValue()
		return c.write(content.Hash, content.EnsureHash, func(w io.Writer) error {
			data, err := content.Bytes()
			if err != nil {
				return err
			}
			_, err = w.Write(data)
			return err
		})
	case parsed.IsComputed():
		return structpb.NewStringValue(plugin.UnknownStringValue), nil
	}
	return nil, fmt.Errorf("expected an asset or an archive, got %s", parsed.TypeString())
}

// write makes the file unless it exists. The content of an earlier deployment may be gone: then its path is enough.
func (c contentFiles) write(name string, available func() error, content func(io.Writer) error) (*structpb.Value, error) {
	path := filepath.Join(c.dir, name)
	if _, err := os.Stat(path); err == nil {
		return structpb.NewStringValue(path), nil
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, err
	}
	temporary, err := os.CreateTemp(c.dir, "content-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	if err := content(temporary); err != nil {
		_ = temporary.Close()
		if available() != nil || errors.Is(err, os.ErrNotExist) {
			return structpb.NewStringValue(path), nil
		}
		return nil, fmt.Errorf("write the content of an archive or asset: %w", err)
	}
	if err := temporary.Close(); err != nil {
		return nil, err
	}
	return structpb.NewStringValue(path), os.Rename(temporary.Name(), path)
}

// restoreFiles puts the program's own assets and archives back where the bridge responds with a path.
func (s shape) restoreFiles(response, given *structpb.Struct) {
	for name, f := range s {
		if value, ok := given.GetFields()[name]; ok && f.change == filePath && response.GetFields()[name] != nil {
			response.Fields[name] = value
		}
	}
}
