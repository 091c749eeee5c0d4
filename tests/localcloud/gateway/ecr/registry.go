package ecr

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// RegistryPath is where the registry serves, beside the AWS API: a request of AWS's is signed, and one of a registry's client is not.
const RegistryPath = "/v2/"

// user is who every token is for.
const user = "AWS"

// refusal is an error of a registry.
// Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
type refusal struct {
	status  int
	code    string
	message string
}

func (e *refusal) Error() string { return e.code + ": " + e.message }

func (e *refusal) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.status)
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]string{"code": e.code, "message": e.message}}}) // the client may be gone
}

// registryPath is the path of everything but the first question of a client, whether there is a registry at all.
var registryPath = regexp.MustCompile(`^/v2/(.+)/(manifests|blobs|tags|referrers)/(.*)$`)

// ServeRegistry is the registry itself.
func (s *Service) ServeRegistry(w http.ResponseWriter, r *http.Request) {
	if err := s.serveRegistry(w, r); err != nil {
		var refused *refusal
		if !errors.As(err, &refused) {
			s.config.Log.Error("serve the registry", "method", r.Method, "path", r.URL.Path, "error", err)
			refused = &refusal{http.StatusInternalServerError, "UNKNOWN", err.Error()}
		}
		refused.write(w)
	}
}

func (s *Service) serveRegistry(w http.ResponseWriter, r *http.Request) error {
	if !s.authorized(r) {
		w.Header().Set("Www-Authenticate", `Basic realm="`+s.config.Endpoint+`/",service="ecr.amazonaws.com"`)
		return &refusal{http.StatusUnauthorized, "UNAUTHORIZED", "Not Authorized: your authorization token is missing or has expired: ask ecr:GetAuthorizationToken for one"}
	}
	if r.URL.Path == RegistryPath {
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
		w.WriteHeader(http.StatusOK)
		return nil
	}
	parts := registryPath.FindStringSubmatch(r.URL.Path)
	if parts == nil {
		return &refusal{http.StatusNotFound, "NAME_INVALID", "no repository has such a path"}
	}
	repository, err := s.describe(r.Context(), parts[1])
	if err != nil {
		return err
	}
	contents, err := s.registry(repository.name)
	if err != nil {
		return err
	}
	if parts[2] == "manifests" && r.Method == http.MethodPut {
		return s.putManifest(w, r, repository, parts[3], contents)
	}
	contents.ServeHTTP(w, r)
	return nil
}

// authorized says whether a request has a token that is still good.
func (s *Service) authorized(r *http.Request) bool {
	name, token, given := r.BasicAuth()
	s.mu.Lock()
	defer s.mu.Unlock()
	until, known := s.tokens[token]
	return given && name == user && known && time.Now().Before(until)
}

// repository is one as the emulator has it.
type repository struct {
	name      string
	immutable bool
}

// describe asks the emulator for a repository. One that does not exist is not made by a push.
func (s *Service) describe(ctx context.Context, name string) (found repository, err error) {
	out, err := s.ask(ctx, "DescribeRepositories", map[string]any{"repositoryNames": []string{name}})
	var failure *awsapi.Error
	if errors.As(err, &failure) && failure.Code == "RepositoryNotFoundException" {
		return found, &refusal{http.StatusNotFound, "NAME_UNKNOWN", fmt.Sprintf(
			"The repository with name '%s' does not exist in the registry with id '%s'", name, s.config.Account.ID)}
	}
	if err != nil {
		return found, err
	}
	list, _ := out["repositories"].([]any)
	if len(list) != 1 {
		return found, fmt.Errorf("describe the repository %s: got %d", name, len(list))
	}
	one, _ := list[0].(map[string]any)
	return repository{name, awsapi.Text(one, "imageTagMutability") == "IMMUTABLE"}, nil
}

func (s *Service) ask(ctx context.Context, operation string, in map[string]any) (map[string]any, error) {
	return s.config.Account.Ask(ctx, s.emulator, "ecr", "AmazonEC2ContainerRegistry_V20150921."+operation, in)
}

// putManifest keeps a manifest. What is pushed by a tag the emulator hears of, so that the API tells it, too; what has a digest alone
// is a part of that.
func (s *Service) putManifest(w http.ResponseWriter, r *http.Request, to repository, target string, contents http.Handler) error {
	manifest, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256(manifest))
	if strings.HasPrefix(target, "sha256:") && target != digest {
		return &refusal{http.StatusBadRequest, "DIGEST_INVALID", fmt.Sprintf("the manifest has the digest %s, and was pushed as %s", digest, target)}
	}
	isTag := !strings.HasPrefix(target, "sha256:")
	if isTag {
		tagged := s.tagged(r, to, target, contents)
		if to.immutable && tagged != "" && tagged != digest {
			// Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
			return &refusal{http.StatusBadRequest, "TAG_INVALID", fmt.Sprintf(
				"The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is immutable.", target, to.name)}
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(manifest))
	kept := awsapi.Forward(contents, r)
	if kept.OK() && isTag {
		_, err := s.ask(r.Context(), "PutImage", map[string]any{
			"repositoryName": to.name, "imageManifest": string(manifest), "imageManifestMediaType": r.Header.Get("Content-Type"), "imageTag": target, "imageDigest": digest,
		})
		var failure *awsapi.Error
		if err != nil && (!errors.As(err, &failure) || failure.Code != "ImageAlreadyExistsException") {
			return fmt.Errorf("tell the emulator of %s:%s: %w", to.name, target, err)
		}
	}
	kept.Send(w)
	return nil
}

// tagged is the digest of the image that has a tag, if one has.
func (s *Service) tagged(r *http.Request, of repository, tag string, contents http.Handler) string {
	head, err := http.NewRequestWithContext(r.Context(), http.MethodHead, "/v2/"+of.name+"/manifests/"+tag, http.NoBody) //nolint:gosec // it goes to a handler of this program
	if err != nil {
		return ""
	}
	found := awsapi.Forward(contents, head)
	if !found.OK() {
		return ""
	}
	return found.Header().Get("Docker-Content-Digest")
}
