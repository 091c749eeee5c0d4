package local

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/internal/localcloud"
)

func newTrust(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "Say how to trust the certificates of the local cloud's load balancers",
		Long: `Say where the load balancers of the local cloud listen, which authority has signed their certificates, and
with which commands a request, a program or the whole machine trusts it. Nothing is changed: each start of a
local cloud has another authority, so that a request that names it is the better way. Whoever has the key of an
authority that a machine trusts can pose as any site; this one's key never leaves the local cloud's memory.

A load balancer listens at port 8443, and at a free one where that is taken. The port of its URLs is 8443 all the
same: the edge serves names with the port of the setting workloads.edge.publicPort alone.`,
		Example: `  platform local trust
  curl --cacert "$(platform local trust --json | jq -r .caFile)" https://acme.app.genericcorp.localhost:8443/`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run.Or(trust)(cmd.Context(), o) },
	}
	o.addFlags(cmd)
	return cmd
}

func trust(ctx context.Context, o *options) error {
	cloud, err := o.Cloud(o.Factory)
	if err != nil {
		return err
	}
	state, err := cloud.Running(ctx)
	if err != nil {
		return err
	}
	have, err := localctl.Listeners(ctx, state)
	if err != nil {
		return err
	}
	return o.Answer(o.json, have, func() string { return trustText(have) })
}

// trustText says it to a person. The authority is copied by a name of its own, so that it is found again to be removed.
func trustText(have localcloud.Listeners) string {
	var text strings.Builder
	if len(have.Listeners) == 0 {
		text.WriteString("no load balancer listens: the settings `domain` and `edge` make one\n")
	}
	for _, l := range have.Listeners {
		fmt.Fprintf(&text, "https://%s is at %s\n", l.Name, l.Address)
	}
	fmt.Fprintf(&text, "certificates are signed by the authority in %s, which the next start replaces\n", have.CAFile)
	for _, l := range have.Listeners {
		name := fmt.Sprintf("%s:%d", strings.Replace(l.Name, "*", "acme", 1), localcloud.PublicPort)
		fmt.Fprintf(&text, "\nFor one request:\n  curl --cacert %[1]s --connect-to %[2]s:%[3]s https://%[2]s/\n", quote(have.CAFile), name, l.Address)
	}
	fmt.Fprintf(&text, `
For one program that takes a variable:
  SSL_CERT_FILE=%[1]s        programs in Go, and those with OpenSSL
  NODE_EXTRA_CA_CERTS=%[1]s  Node.js

For the whole machine, as its administrator, and how to take it back:
  Debian, Ubuntu:
    sudo cp %[1]s /usr/local/share/ca-certificates/genericcorp-local.crt && sudo update-ca-certificates
    sudo rm /usr/local/share/ca-certificates/genericcorp-local.crt && sudo update-ca-certificates --fresh
  Fedora, RHEL:
    sudo cp %[1]s /etc/pki/ca-trust/source/anchors/genericcorp-local.crt && sudo update-ca-trust
    sudo rm /etc/pki/ca-trust/source/anchors/genericcorp-local.crt && sudo update-ca-trust
  macOS:
    sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain %[1]s
    sudo security remove-trusted-cert -d %[1]s
  Chrome on Linux, with certutil of libnss3-tools or nss-tools:
    certutil -d "sql:$HOME/.pki/nssdb" -A -t C,, -n genericcorp-local -i %[1]s
    certutil -d "sql:$HOME/.pki/nssdb" -D -n genericcorp-local`, quote(have.CAFile))
	return text.String()
}

// quote makes a path one word of a shell.
func quote(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool { return strings.ContainsRune(" '\"$&;()*?[]\\`", r) }) {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}
