// Package ecr completes the emulator's Elastic Container Registry: the registry itself, to which images are pushed and from which
// nodes pull them. It is a real one, behind ECR's own rules: who comes without a token is refused, a repository must exist, and a
// tag of an immutable repository is never moved.
package ecr

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/kmskey"
)

// Config says where the registry is.
type Config struct {
	Account awsapi.Account
	// Endpoint is the URL at which Service.ServeRegistry serves. On AWS each account has a host for it,
	// <account>.dkr.ecr.<region>.amazonaws.com, which stays the host in the names of images.
	Endpoint string
	Dir      string // for the layers
	Log      *slog.Logger
}

// Service is ECR.
type Service struct {
	config   Config
	emulator http.Handler

	mu       sync.Mutex
	tokens   map[string]time.Time    // until when
	contents map[string]http.Handler // a registry for each repository, by its name
}

// tokenLife is how long a token is good for.
// Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
const tokenLife = 12 * time.Hour

// New makes the service. What it does not serve is the emulator's.
func New(config Config, emulator http.Handler) *Service {
	return &Service{config: config, emulator: emulator, tokens: map[string]time.Time{}, contents: map[string]http.Handler{}}
}

// ServeHTTP is the API for people and programs who make repositories.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := awsapi.ReadBody(r)
	in := map[string]any{}
	if err != nil || json.Unmarshal(body, &in) != nil {
		s.emulator.ServeHTTP(w, r)
		return
	}
	switch name := awsapi.Text(in, "repositoryName"); awsapi.JSONName(r) {
	case "GetAuthorizationToken":
		s.authorize(w, r)
	case "CreateRepository":
		if err := s.checkKey(r, in); err != nil {
			awsapi.WriteError(w, r, err)
			return
		}
		s.emulator.ServeHTTP(w, r)
	case "DeleteRepository":
		deleted := awsapi.Forward(s.emulator, r)
		if deleted.OK() {
			s.forget(name)
		}
		deleted.Send(w)
	case "BatchDeleteImage":
		deleted := awsapi.Forward(s.emulator, r)
		if deleted.OK() {
			s.deleteImages(r, name, in)
		}
		deleted.Send(w)
	default:
		s.emulator.ServeHTTP(w, r)
	}
}

// authorize gives a token with which a client logs in as the user AWS.
func (s *Service) authorize(w http.ResponseWriter, r *http.Request) {
	token, until := s.newToken()
	out, err := json.Marshal(map[string]any{"authorizationData": []any{map[string]any{
		"authorizationToken": base64.StdEncoding.EncodeToString([]byte(user + ":" + token)), "expiresAt": until.Unix(), "proxyEndpoint": s.config.Endpoint,
	}}})
	if err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	awsapi.WriteJSON(w, out)
}

func (s *Service) newToken() (token string, until time.Time) {
	token, until = rand.Text(), time.Now().Add(tokenLife)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = until
	return token, until
}

// checkKey refuses a repository whose key cannot encrypt, as AWS does. The code is AWS's.
// Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html, KmsException
func (s *Service) checkKey(r *http.Request, in map[string]any) error {
	encryption, _ := in["encryptionConfiguration"].(map[string]any)
	id := awsapi.Text(encryption, "kmsKey")
	if id == "" {
		return nil
	}
	key, err := kmskey.Read(r.Context(), s.config.Account, s.emulator, id)
	if err != nil {
		return awsapi.BadRequest("KmsException", "The operation failed due to a KMS exception. (The local cloud adds: the key %s: %v.)", id, err)
	}
	if !key.Enabled {
		return awsapi.BadRequest("KmsException", "The operation failed due to a KMS exception. (The local cloud adds: the key %s is disabled.)", key.ARN)
	}
	return nil
}

// deleteImages takes out of the registry what the emulator has deleted.
func (s *Service) deleteImages(r *http.Request, repository string, in map[string]any) {
	contents, err := s.registry(repository)
	if err != nil {
		return // nothing was ever pushed
	}
	ids, _ := in["imageIds"].([]any)
	for _, one := range ids {
		id, _ := one.(map[string]any)
		for _, target := range []string{awsapi.Text(id, "imageTag"), awsapi.Text(id, "imageDigest")} {
			if target == "" {
				continue
			}
			remove, err := http.NewRequestWithContext(r.Context(), http.MethodDelete, "/v2/"+repository+"/manifests/"+target, http.NoBody)
			if err == nil {
				awsapi.Forward(contents, remove)
			}
		}
	}
}

// registry is what a repository holds.
func (s *Service) registry(repository string) (http.Handler, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if contents, open := s.contents[repository]; open {
		return contents, nil
	}
	folder := s.folder(repository)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	contents := registry.New(registry.WithBlobHandler(registry.NewDiskBlobHandler(folder)), registry.WithReferrersSupport(true),
		registry.Logger(slog.NewLogLogger(s.config.Log.Handler(), slog.LevelDebug)))
	s.contents[repository] = contents
	return contents, nil
}

// forget removes what a repository holds: one of its name begins empty.
func (s *Service) forget(repository string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.contents, repository)
	if err := os.RemoveAll(s.folder(repository)); err != nil {
		s.config.Log.Error("remove the layers of a repository", "repository", repository, "error", err)
	}
}

func (s *Service) folder(repository string) string {
	return filepath.Join(s.config.Dir, strings.ReplaceAll(repository, "/", "+")) // no name has a plus
}
