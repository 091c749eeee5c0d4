// Package repositories brings images to where an environment keeps its own.
//
//page:none the message says what to do
package repositories

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Repositories are those of one environment.
type Repositories struct {
	Config    aws.Config        // of its account
	Addresses map[string]string // of each, by the image's name
}

// ErrNone says that an environment was deployed before there were repositories.
var ErrNone = errors.New("the environment has no repositories for images: deploy it")

// Of finds them in the outputs of an environment.
func Of(config aws.Config, outputs map[string]any) (Repositories, error) {
	r := Repositories{Config: config, Addresses: map[string]string{}}
	given, _ := outputs["imageRepositories"].(map[string]any)
	for image, address := range given {
		r.Addresses[image], _ = address.(string)
	}
	if len(r.Addresses) == 0 {
		return r, ErrNone
	}
	return r, nil
}

// Environment is a deployed one.
type Environment interface {
	Outputs(ctx context.Context) (map[string]any, error)
	AWS(ctx context.Context, region string) (aws.Config, error)
}

// In finds those of a deployed environment.
func In(ctx context.Context, e Environment) (Repositories, error) {
	outputs, err := e.Outputs(ctx)
	if err != nil {
		return Repositories{}, err
	}
	region, _ := outputs["region"].(string)
	config, err := e.AWS(ctx, region)
	if err != nil {
		return Repositories{}, err
	}
	return Of(config, outputs)
}

// Require requires a repository for an image.
func (r Repositories) Require(image string) error {
	if _, known := r.Addresses[image]; !known {
		return fmt.Errorf("image %s: the environment has repositories for %s alone: add it to the setting images, and deploy",
			image, strings.Join(slices.Sorted(maps.Keys(r.Addresses)), ", "))
	}
	return nil
}

// Image is one that can be pushed to a repository.
type Image interface {
	// Push sends what is not there already; pushed is false when nothing was sent at all.
	Push(ctx context.Context, repository name.Repository, options ...remote.Option) (pushed bool, err error)
}

// Push pushes an image under its name here and its digest, and gives the reference by which a workload names it. What is there
// already is not sent.
func (r Repositories) Push(ctx context.Context, image Image, called, digest string) (reference string, sent bool, err error) {
	repository, login, err := r.Reach(ctx, called)
	if err != nil {
		return "", false, err
	}
	sent, err = image.Push(ctx, repository, login)
	return r.Addresses[called] + "@" + digest, sent, err
}

// Reach gives an image's repository, and what logs in to it.
func (r Repositories) Reach(ctx context.Context, called string) (repository name.Repository, login remote.Option, err error) {
	if err := r.Require(called); err != nil {
		return repository, nil, err
	}
	registry, login, err := r.logIn(ctx)
	if err != nil {
		return repository, nil, err
	}
	repository, err = repositoryAt(r.Addresses[called], registry)
	return repository, login, err
}

// repositoryAt is where an image is. On AWS the registry's host is in the repository's own address; a local cloud has the
// same addresses, and says itself where its registry is.
func repositoryAt(address, registry string) (name.Repository, error) {
	_, path, _ := strings.Cut(address, "/")
	scheme, host, _ := strings.Cut(registry, "://")
	var options []name.Option
	if scheme == "http" {
		options = append(options, name.Insecure)
	}
	return name.NewRepository(host+"/"+path, options...)
}

// logIn asks ECR for a token, which is good for twelve hours, and for the registry's address.
func (r Repositories) logIn(ctx context.Context) (registry string, login remote.Option, err error) {
	out, err := ecr.NewFromConfig(r.Config).GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return "", nil, fmt.Errorf("log in to the registry: %w", err)
	}
	if len(out.AuthorizationData) == 0 {
		return "", nil, errors.New("log in to the registry: got no token")
	}
	data := out.AuthorizationData[0]
	text, err := base64.StdEncoding.DecodeString(aws.ToString(data.AuthorizationToken))
	user, password, found := strings.Cut(string(text), ":")
	if err != nil || !found {
		return "", nil, errors.New("log in to the registry: got a token of a form that is not known")
	}
	return aws.ToString(data.ProxyEndpoint), remote.WithAuth(&authn.Basic{Username: user, Password: password}), nil
}
