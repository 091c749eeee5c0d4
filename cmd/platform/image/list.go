package image

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/repositories"
)

// listOptions are what `platform image list` is asked.
type listOptions struct {
	*cmdutil.Factory

	target environment.Target
	json   bool
}

// listedImage is one image as `platform image list --json` tells it.
type listedImage struct {
	Name      string    `json:"name"`
	Tags      []string  `json:"tags"`
	Digest    string    `json:"digest"`
	Reference string    `json:"reference"`
	PushedAt  time.Time `json:"pushedAt"`
	// Findings counts what the registry's scan found in it, by severity; nil: there is no result yet.
	Findings map[string]int32 `json:"findings"`
}

func newList(f *cmdutil.Factory, run cmdutil.Run[listOptions]) *cobra.Command {
	o := &listOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Show the images in an environment's repositories, the newest of each first",
		Args:  cmdutil.NoArgs,
	}
	inEnvironment(cmd, &o.target, &o.json, func(ctx context.Context) error { return run.Or(list)(ctx, o) })
	return cmd
}

func list(ctx context.Context, o *listOptions) error {
	return inAccount(ctx, &o.target, o.Factory, func(ctx context.Context, r repositories.Repositories) error {
		images := []listedImage{}
		for _, image := range slices.Sorted(maps.Keys(r.Addresses)) {
			found, err := imagesOf(ctx, r, image)
			if err != nil {
				return fmt.Errorf("list the images of %s: %w", r.Addresses[image], err)
			}
			images = append(images, found...)
		}
		return o.Answer(o.json, map[string]any{"images": images}, func() string { return listText(images) })
	})
}

// imagesOf are those of a repository that have a tag: the others are parts of them.
func imagesOf(ctx context.Context, r repositories.Repositories, image string) (found []listedImage, err error) {
	_, repository, _ := strings.Cut(r.Addresses[image], "/")
	pages := ecr.NewDescribeImagesPaginator(ecr.NewFromConfig(r.Config), &ecr.DescribeImagesInput{
		RepositoryName: aws.String(repository), Filter: &types.DescribeImagesFilter{TagStatus: types.TagStatusTagged},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, detail := range page.ImageDetails {
			listed := listedImage{
				Name: image, Tags: detail.ImageTags, Digest: aws.ToString(detail.ImageDigest), PushedAt: aws.ToTime(detail.ImagePushedAt),
				Reference: r.Addresses[image] + "@" + aws.ToString(detail.ImageDigest),
			}
			if detail.ImageScanFindingsSummary != nil {
				listed.Findings = map[string]int32{}
				maps.Copy(listed.Findings, detail.ImageScanFindingsSummary.FindingSeverityCounts)
			}
			found = append(found, listed)
		}
	}
	slices.SortStableFunc(found, func(x, y listedImage) int { return y.PushedAt.Compare(x.PushedAt) })
	return found, nil
}

func listText(images []listedImage) string {
	if len(images) == 0 {
		return "there are no images: platform image build --push makes some"
	}
	table := render.NewTable("IMAGE", "TAG", "PUSHED", "SCAN", "DIGEST")
	for _, image := range images {
		table.AppendRow(render.Row{image.Name, strings.Join(image.Tags, ", "), image.PushedAt.UTC().Format(time.DateTime), findingsText(image.Findings), image.Digest})
	}
	return table.Render()
}

func findingsText(findings map[string]int32) string {
	if findings == nil {
		return "-"
	}
	var parts []string
	for _, severity := range []string{"CRITICAL", "HIGH", "MEDIUM", "LOW"} {
		if findings[severity] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", findings[severity], strings.ToLower(severity)))
		}
	}
	if len(parts) == 0 {
		return "clean"
	}
	return strings.Join(parts, ", ")
}
