// Package explain adds to an error what a tired person should do about it, when the cause is a known one.
package explain

import (
	"errors"
	"strings"
)

// fault is a known cause: texts by which it shows in the words of the many programs under us, and what helps.
type fault struct {
	signs []string
	help  string
}

// faults are tried in order; the first whose sign occurs is the cause.
var faults = []fault{
	{
		[]string{"no space left on device", "disk quota exceeded", "ENOSPC"},
		"The disk is full. A cold build takes about 10 GB: in the cache of tools (PLATFORM_CACHE), in Go's build cache " +
			"(go env GOCACHE GOMODCACHE) and in the temporary folder (TMPDIR). Make room or move them, then run the command " +
			"again: it continues where it stopped.",
	},
	{
		[]string{"address already in use", "EADDRINUSE"},
		"A port is taken by another program. Ports are chosen again at each start: run the command again, and if it " +
			"stays, end the program that holds the port named above.",
	},
	{
		[]string{
			"no such host", "Temporary failure in name resolution", "network is unreachable", "EAI_AGAIN", "ENOTFOUND",
			"proxyconnect tcp", "Failed to establish a new connection", "TLS handshake timeout", "i/o timeout",
		},
		"There is no network, or a proxy is in the way. The network is needed the first time only, to fetch the " +
			"tools: check the connection (HTTPS_PROXY, GOPROXY), then run the command again: it continues where it stopped.",
	},
	{
		[]string{"ExpiredToken", "security token included in the request is expired", "token has expired"},
		"The credentials have expired: a role's session has an end. Assume the role again, then run the command again from a new " +
			"preview. What was made until then is in the state; runbooks/failed-or-stuck-deploy.md tells how to look.",
	},
	{
		[]string{"not enabled for cost explorer", "Cost Explorer has not been", "DataUnavailableException"},
		"AWS makes no anomaly monitor before Cost Explorer is enabled, and takes up to a day for that: open Cost Explorer once in the " +
			"Billing console (docs/first-deploy.md, step 3), wait a day, then run the command again: it continues where it stopped.",
	},
	{
		[]string{"linked account doesn't have access", "Linked account", "only the management account"},
		"This is a member account of an organisation: cost allocation tags are activated, and Cost Explorer is opened to members, in the " +
			"account that pays. Ask whoever administers that one (docs/first-deploy.md, steps 3 and 7).",
	},
	{
		[]string{"DBInstanceAlreadyExists", "ReplicationGroupAlreadyExists"},
		"It exists and is not in the state: a run was killed before it could note it, or somebody else has made it. (A run that only lost its " +
			"session notes it, and the next one goes on.) Delete it if nobody has used it yet, or take it into the state with `pulumi import`, then run the command again.",
	},
	{
		[]string{"VcpuLimitExceeded", "InsufficientInstanceCapacity", "LimitExceeded", "QuotaExceeded", "ServiceQuotaExceeded"},
		"A quota of the account is reached, or AWS has no capacity in this zone. Ask for more (docs/first-deploy.md, step 5) or take " +
			"another size, then run the command again: what was made is in the state, and it continues where it stopped.",
	},
	{
		[]string{"KMSKeyNotAccessible", "KmsKeyDisabled", "KMSInvalidState", "KMSDisabled", "DisabledException", "InsufficientEncryptionPolicy"},
		"A KMS key is disabled, waits to be deleted, or does not let the service use it. `aws kms describe-key` tells its state, " +
			"`aws kms enable-key` or `aws kms cancel-key-deletion` brings it back. Then run the command again: it continues where it stopped.",
	},
	{
		[]string{"The specified log group already exists"},
		"A log group of this name exists: EKS and Lambda write their last lines after an environment is destroyed, and make the group anew. " +
			"Delete the group named above (aws logs delete-log-group --log-group-name NAME), then run the command again.",
	},
	{
		[]string{"checksum mismatch", "SECURITY ERROR"},
		"A download is not what it should be. If it happens again, a proxy changes it or the source was tampered with: " +
			"do not go on before you know which.",
	},
	{
		[]string{"signal: killed", "cannot allocate memory", "out of memory"},
		"A program was killed, probably because memory ran out. The local cloud and its cold build need 8 GB: close " +
			"something or add swap, then run the command again.",
	},
}

// Help returns what to do about an error, or nothing when its cause is not a known one. The cause is looked
// for in the message and in the output of the program that failed, when the error carries one.
func Help(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	var program interface{ Output() string }
	if errors.As(err, &program) {
		text += "\n" + program.Output()
	}
	for _, f := range faults {
		for _, sign := range f.signs {
			if strings.Contains(text, sign) {
				return f.help
			}
		}
	}
	return ""
}
