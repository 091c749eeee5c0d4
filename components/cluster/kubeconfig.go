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
// the control plane.
func (b *builder) readKubeconfig(config pulumi.StringOutput) {
	c := b.parent
	plain := pulumi.Unsecret(config).(pulumi.StringOutput)
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

// Access is how a cluster's API is reached.
type Access struct {
	Name                 string // of the cluster in AWS
	Endpoint             string // URL of the API
	CertificateAuthority string // PEM in base64
}

// Kubeconfig is the file with which kubectl and the engine reach the cluster, in JSON. It holds no credentials: it asks the AWS CLI for
// a token (https://docs.aws.amazon.com/eks/latest/userguide/create-kubeconfig.html).
func (a Access) Kubeconfig() (string, error) {
	type object = map[string]any
	const name = "cluster"
	text, err := json.Marshal(object{
		"apiVersion": "v1", "kind": "Config", "current-context": name,
		"clusters": []object{{"name": name, "cluster": object{"server": a.Endpoint, "certificate-authority-data": a.CertificateAuthority}}},
		"contexts": []object{{"name": name, "context": object{"cluster": name, "user": name}}},
		"users": []object{{"name": name, "user": object{"exec": object{
			"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "aws",
			"args": []string{"eks", "get-token", "--cluster-name", a.Name, "--output", "json"},
		}}}},
	})
	return string(text), err
}
