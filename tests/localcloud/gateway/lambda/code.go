package lambda

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// unpackedLimit is how large a function may be, as on AWS.
const unpackedLimit = 250 << 20

// artifact is a function's unpacked archive.
type artifact struct {
	dir   string
	users int  // environments that run it; guarded by the function's lock
	old   bool // another has replaced it, or the function is gone
}

// remove is safe on a nil artifact, which is none.
func (a *artifact) remove() error {
	if a == nil {
		return nil
	}
	return os.RemoveAll(a.dir)
}

// unpack writes the archive that a request carries into a new folder.
func (s *Service) unpack(name string, code object) (made *artifact, err error) {
	encoded := awsapi.Text(code, "ZipFile")
	if encoded == "" {
		return nil, awsapi.BadRequest(awsapi.NotImplemented, "the local cloud takes a function's code as an archive in the request: ZipFile is missing")
	}
	content, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, awsapi.BadRequest("InvalidParameterValueException", "ZipFile is not base64: %v", err)
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, awsapi.BadRequest("InvalidParameterValueException", "Could not unzip uploaded file. Please check your file, then try to upload again: %v", err)
	}
	if err := os.MkdirAll(s.config.Places.Dir, 0o700); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(s.config.Places.Dir, name+"-")
	if err != nil {
		return nil, err
	}
	made = &artifact{dir: dir}
	if err := extract(archive, dir); err != nil {
		return nil, errors.Join(err, made.remove())
	}
	return made, nil
}

// extract writes the files of an archive, with the permissions that it gives them.
func extract(archive *zip.Reader, dir string) error {
	left := int64(unpackedLimit)
	for _, file := range archive.File {
		if !filepath.IsLocal(file.Name) {
			return awsapi.BadRequest("InvalidParameterValueException", "the archive's file %q is outside of it", file.Name)
		}
		path := filepath.Join(dir, file.Name) //nolint:gosec // local, as checked above
		if file.FileInfo().IsDir() {
			if err := os.MkdirAll(path, 0o700); err != nil {
				return err
			}
			continue
		}
		if !file.Mode().IsRegular() {
			return awsapi.BadRequest("InvalidParameterValueException", "the archive's %q is neither a file nor a folder", file.Name)
		}
		size, err := extractFile(file, path, left)
		if err != nil {
			return fmt.Errorf("unpack %s: %w", file.Name, err)
		}
		left -= size
	}
	return nil
}

func extractFile(file *zip.File, path string, limit int64) (size int64, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return 0, err
	}
	from, err := file.Open()
	if err != nil {
		return 0, err
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, file.Mode().Perm()|0o600)
	if err != nil {
		return 0, err
	}
	size, err = io.Copy(to, io.LimitReader(from, limit+1))
	if size > limit {
		err = awsapi.BadRequest("InvalidParameterValueException", "Unzipped size must be smaller than %d bytes", unpackedLimit)
	}
	return size, errors.Join(err, to.Close())
}
