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

// NamedImage is one of an environment's own images: the name of its repository, and the digest in it.
var NamedImage = Rule{
	expected: "the name of one of the environment's images and its digest: api@sha256:<64 hexadecimal digits>",
	valid: func(image string) bool {
		name, digest, found := strings.Cut(image, "@")
		return found && Name(2, 40).Valid(name) && digestPattern.valid(digest)
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

// PlainVariable is the name of a variable that holds no secret, as far as a name tells.
var PlainVariable = Rule{
	expected: "no secret: secrets are files, which follow their rotation, and whoever sees a pod sees its variables",
	valid:    func(name string) bool { return !secretName.valid(name) },
}

// PlainValue is the value of a variable that holds no secret, as far as it shows: no key, and no address with a password.
var PlainValue = Rule{expected: PlainVariable.expected, valid: func(value string) bool { return !secretValue.valid(value) }}

var (
	secretName  = pattern("", `(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|(API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION)_KEY)$`)
	secretValue = pattern("", `-----BEGIN [A-Z ]*PRIVATE KEY|^[a-z][a-z0-9+.-]*://[^/@\s]*:[^/@\s]+@`)
)

// FileName is the name of a file in a folder that is known already.
var FileName = pattern("1 to 100 lower-case letters, digits, dots, underscores and hyphens, beginning with a letter or a digit",
	`^[a-z0-9][a-z0-9._-]{0,99}$`)
