package awsvalue

import "strings"

// ImageDigest is a container image that cannot become another one: by its digest. A tag beside the digest is refused, too, because a
// reader takes it for what runs.
var ImageDigest = Rule{
	expected: "an image by digest alone, such as 123456789012.dkr.ecr.us-east-1.amazonaws.com/api@sha256:<64 hexadecimal digits>; " +
		"a tag can be moved to another image, and the registry tells its digest",
	valid: func(image string) bool {
		name, digest, found := strings.Cut(image, "@")
		last := name[strings.LastIndexByte(name, '/')+1:]
		return found && imageName.valid(name) && !strings.Contains(last, ":") && digestPattern.valid(digest)
	},
}

// RegistryImage is a container image in a private registry of AWS, however it is named there: what we have pushed ourselves.
var RegistryImage = pattern("an image of a private registry of AWS, such as 123456789012.dkr.ecr.us-east-1.amazonaws.com/api",
	`^[0-9]{12}\.dkr\.ecr\.[a-z]{2}(-[a-z]+)+-[0-9]\.amazonaws\.com/`)

var (
	imageName     = pattern("", `^[a-z0-9]+([.-][a-z0-9]+)*(:[0-9]{1,5})?(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)+$`)
	digestPattern = pattern("", `^sha256:[0-9a-f]{64}$`)
)

// VariableName is the name of a variable of a program's environment.
var VariableName = pattern("upper-case letters, digits and underscores, beginning with a letter", `^[A-Z][A-Z0-9_]*$`)

// FileName is the name of a file in a folder that is known already.
var FileName = pattern("1 to 100 lower-case letters, digits, dots, underscores and hyphens, beginning with a letter or a digit",
	`^[a-z0-9][a-z0-9._-]{0,99}$`)
