// Package awsfake answers what the provisioner asks of Secrets Manager and S3, for benchmarks of the program itself.
//
//page:none only tests see it
package awsfake

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/genericcorp/platform/services/provisioner/internal/tenancy"
)

// Fake keeps objects as files and secrets where it is told.
type Fake struct {
	folder  string
	secrets tenancy.Secrets
	fixed   map[string]string // values of secrets that are only read, by ARN
}

// New makes a fake that keeps objects in a folder.
func New(folder string, secrets tenancy.Secrets, fixed map[string]string) *Fake {
	return &Fake{folder: folder, secrets: secrets, fixed: fixed}
}

// ServeHTTP answers both services: Secrets Manager names its action in a header.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var err error
	if action, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager."); ok {
		err = f.secret(w, r, action)
	} else {
		err = f.object(w, r)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (f *Fake) secret(w http.ResponseWriter, r *http.Request, action string) error {
	var in struct {
		SecretID      string `json:"SecretId"`
		VersionStage  tenancy.Stage
		VersionStages []tenancy.Stage
		SecretString  string
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	answer := map[string]string{"ARN": in.SecretID}
	switch action {
	case "GetSecretValue":
		value, err := f.read(r.Context(), in.SecretID, in.VersionStage)
		if errors.Is(err, tenancy.ErrNoValue) {
			w.WriteHeader(http.StatusBadRequest)
			answer["__type"] = "ResourceNotFoundException"
		} else if err != nil {
			return err
		}
		answer["SecretString"] = string(value)
	case "PutSecretValue":
		if err := f.secrets.Write(r.Context(), in.SecretID, in.VersionStages[0], []byte(in.SecretString)); err != nil {
			return err
		}
	case "DescribeSecret":
	default:
		return fmt.Errorf("action %s is unknown", action)
	}
	return json.NewEncoder(w).Encode(answer)
}

func (f *Fake) read(ctx context.Context, arn string, stage tenancy.Stage) ([]byte, error) {
	if value, ok := f.fixed[arn]; ok {
		return []byte(value), nil
	}
	return f.secrets.Read(ctx, arn, stage)
}

// object puts and gets an object, whole or in parts that come in any order.
func (f *Fake) object(w http.ResponseWriter, r *http.Request) error {
	path := filepath.Join(f.folder, url.PathEscape(r.URL.Path))
	query := r.URL.Query()
	switch {
	case r.Method == http.MethodGet:
		return f.send(w, path)
	case r.Method == http.MethodPost && query.Has("uploads"):
		return xml.NewEncoder(w).Encode(struct {
			XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
			UploadID string   `xml:"UploadId"`
		}{UploadID: "1"})
	case r.Method == http.MethodPut && query.Has("partNumber"):
		return f.keep(w, r, fmt.Sprintf("%s.%06s", path, query.Get("partNumber")))
	case r.Method == http.MethodPut:
		return f.keep(w, r, path+".000001")
	case r.Method == http.MethodPost && query.Has("uploadId"):
		return xml.NewEncoder(w).Encode(struct {
			XMLName xml.Name `xml:"CompleteMultipartUploadResult"`
			ETag    string
		}{ETag: "1"})
	}
	return fmt.Errorf("%s %s is unknown", r.Method, r.URL)
}

func (f *Fake) keep(w http.ResponseWriter, r *http.Request, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, r.Body)
	w.Header().Set("ETag", `"1"`)
	return errors.Join(err, file.Close())
}

// send gives the parts of an object one after the other.
func (f *Fake) send(w io.Writer, path string) error {
	parts, err := filepath.Glob(path + ".??????") // and not those of objects whose names are longer
	if err != nil {
		return err
	}
	for _, part := range parts {
		file, err := os.Open(part)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, file)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
	}
	return nil
}
