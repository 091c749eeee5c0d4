package ociimage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/rdsca"
)

// AuthoritiesPath is where an image has the authorities of RDS.
const AuthoritiesPath = rdsca.ImagePath

// Images are the images that this repository makes.
func Images() ([]Image, error) {
	authorities, err := rdsca.Authorities()
	if err != nil {
		return nil, err
	}
	return []Image{
		{
			Name: "sample", Package: "./services/sample", Description: "The reference application: notes of tenants, by HTTP, with a worker.",
			Files: []File{{AuthoritiesPath, authorities}},
		},
		{
			Name: "secretfiles", Package: "./services/secretfiles", Description: "Keeps a workload's secrets as files, which follow a rotation.",
		},
		{
			Name: "temporalnamespace", Package: "./services/temporalnamespace", Description: "Makes the namespace of Temporal that the platform's workflows are in.",
			Optional: true,
		},
		{
			Name: "sample-workflows", Package: "./services/sample/workflows", Description: "Does the work of the reference application's workflows.",
			Files: []File{{AuthoritiesPath, authorities}}, Optional: true,
		},
		{
			Name: "gate", Package: "./services/gate", Description: "Decides at the edge whose a request is, and whether it may pass.",
			Files: []File{{AuthoritiesPath, authorities}}, Optional: true,
		},
		{
			Name: "edgesidecar", Package: "./services/edgesidecar", Description: "Logs in to the cache for the edge's counting service, and drains its proxy.",
			// Those of the local cloud's cache take their place there. On AWS the public ones sign for it, which the program has.
			Files: []File{{AuthoritiesPath, authorities}}, Optional: true,
		},
		{
			Name: "collector", Package: "./services/collector", Description: "Sends what a node's containers log, and what they use, to CloudWatch.",
			Optional: true,
		},
	}, nil
}

// Select gives the images of those names; all that are not optional when there is no name.
func Select(images []Image, names []string) ([]Image, error) {
	if len(names) == 0 {
		return slices.DeleteFunc(slices.Clone(images), func(i Image) bool { return i.Optional }), nil
	}
	byName, known := map[string]Image{}, make([]string, len(images))
	for i, image := range images {
		byName[image.Name], known[i] = image, image.Name
	}
	var selected []Image
	var unknown []string
	for _, name := range names {
		image, exists := byName[name]
		if !exists {
			unknown = append(unknown, fmt.Sprintf("%q", name))
			continue
		}
		selected = append(selected, image)
		delete(byName, name)
	}
	if len(unknown) > 0 {
		//page:none what was typed is wrong, and the message says what is right
		return nil, fmt.Errorf("image: got %s, expected some of %s, each once", strings.Join(unknown, " "), strings.Join(known, " "))
	}
	return selected, nil
}
