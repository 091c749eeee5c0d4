package cluster

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// apiServer is what a kubeconfig says of the one cluster in it.
type apiServer struct {
	endpoint             string
	certificateAuthority string // PEM in base64
}

// parseKubeconfig reads a kubeconfig in JSON with exactly one cluster.
func parseKubeconfig(text string) (apiServer, error) {
	var config struct {
		Clusters []struct {
			Cluster struct {
				Server               string `json:"server"`
				CertificateAuthority string `json:"certificate-authority-data"`
			} `json:"cluster"`
		} `json:"clusters"`
	}
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		return apiServer{}, fmt.Errorf("parse kubeconfig: %w", err)
	}
	if len(config.Clusters) != 1 {
		return apiServer{}, fmt.Errorf("kubeconfig has %d clusters, expected one", len(config.Clusters))
	}
	only := config.Clusters[0].Cluster
	if only.Server == "" || only.CertificateAuthority == "" {
		return apiServer{}, errors.New("kubeconfig without server or certificate authority")
	}
	return apiServer{endpoint: only.Server, certificateAuthority: only.CertificateAuthority}, nil
}

// readKubeconfig sets the component's outputs from the kubeconfig, so that whoever uses any of them waits for
// the control plane. The whole kubeconfig is secret; name, endpoint and certificate are not.
func (b *builder) readKubeconfig(config pulumi.StringOutput) {
	c := b.parent
	plain := pulumi.Unsecret(config).(pulumi.StringOutput)
	c.Kubeconfig = pulumi.ToSecret(config).(pulumi.StringOutput)
	c.Endpoint = plain.ApplyT(func(text string) (string, error) {
		a, err := parseKubeconfig(text)
		return a.endpoint, err
	}).(pulumi.StringOutput)
	c.CertificateAuthority = plain.ApplyT(func(text string) (string, error) {
		a, err := parseKubeconfig(text)
		return a.certificateAuthority, err
	}).(pulumi.StringOutput)
	c.Name = after(plain, b.physical)
	c.Version = after(plain, b.args.Version)
}

// after is a value that is known once another is.
func after(other pulumi.StringOutput, value string) pulumi.StringOutput {
	return other.ApplyT(func(string) string { return value }).(pulumi.StringOutput)
}
