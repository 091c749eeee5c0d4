// Package image makes the container images of this repository's programs, and brings them to an environment.
//
//page:none what was typed is wrong, and the message says what is right
package image

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
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/ociimage"
)

// NewCommand is the group of commands about images.
func NewCommand(f *cmdutil.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "image",
		Short: "Make container images, without Docker, and bring them to an environment",
		Long: `Make the container images of this repository's programs, without Docker, and bring them to an environment. The same
sources and the same version of Go give the same digest on every machine (docs/images.md).`,
		Example: `  platform image build                     # compile and pack, and print the digests
  platform image build sample --push       # into the local cloud's registry
  platform image build --push --env prod
  platform image list --env prod`,
	}
	return cmdutil.Group(cmd, newBuild(f, nil), newList(f, nil))
}

// names are the images that this repository makes.
func names() []string {
	images, err := ociimage.Images()
	if err != nil {
		return nil
	}
	list := make([]string, len(images))
	for i, image := range images {
		list[i] = image.Name
	}
	return list
}

// account is where an environment keeps its images.
type account struct {
	config       aws.Config
	repositories map[string]string // the address of each, by the image's name
}

// errNoRegistry says that an environment was deployed before there were repositories.
//
//page:none it says what to do
var errNoRegistry = errors.New("the environment has no repositories for images: deploy it")

// inAccount does work in the account of a deployed environment.
func inAccount(ctx context.Context, target *environment.Target, f *cmdutil.Factory, work func(context.Context, account) error) error {
	return target.Tenants(ctx, f, environment.RunOptions{}, true, func(ctx context.Context, t *tenant.Tenants) error {
		outputs, err := t.Environment.Outputs(ctx)
		if err != nil {
			return err
		}
		a := account{repositories: map[string]string{}}
		given, _ := outputs["imageRepositories"].(map[string]any)
		for image, address := range given {
			a.repositories[image], _ = address.(string)
		}
		if len(a.repositories) == 0 {
			return errNoRegistry
		}
		region, _ := outputs["region"].(string)
		if a.config, err = t.Environment.AWS(ctx, region); err != nil {
			return err
		}
		return work(ctx, a)
	})
}

// repository is where an image is pushed to. On AWS the registry's host is in the repository's own address; a local cloud has the same
// addresses, and says itself where its registry is.
func (a account) repository(image, registry string) (name.Repository, error) {
	address, known := a.repositories[image]
	if !known {
		return name.Repository{}, fmt.Errorf("image %s: the environment has repositories for %s alone: add it to the setting images, and deploy",
			image, strings.Join(slices.Sorted(maps.Keys(a.repositories)), ", "))
	}
	_, path, _ := strings.Cut(address, "/")
	scheme, host, _ := strings.Cut(registry, "://")
	var options []name.Option
	if scheme == "http" {
		options = append(options, name.Insecure)
	}
	return name.NewRepository(host+"/"+path, options...)
}

// logIn asks ECR for a token, which is good for twelve hours, and for the registry's address.
func (a account) logIn(ctx context.Context) (registry string, login remote.Option, err error) {
	out, err := ecr.NewFromConfig(a.config).GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
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
