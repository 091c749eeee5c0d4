package nodestats

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// summary is what is read of a kubelet's /stats/summary. What it does not know is nil.
// https://github.com/kubernetes/kubernetes/blob/v1.35.0/staging/src/k8s.io/kubelet/pkg/apis/stats/v1alpha1/types.go
type summary struct {
	Node struct {
		CPU     cpu    `json:"cpu"`
		Memory  memory `json:"memory"`
		FS      disk   `json:"fs"`
		Runtime struct {
			ImageFS disk `json:"imageFs"`
		} `json:"runtime"`
	} `json:"node"`
	Pods []struct {
		PodRef     struct{ Name, Namespace, UID string } `json:"podRef"`
		CPU        cpu                                   `json:"cpu"`
		Memory     memory                                `json:"memory"`
		Containers []struct {
			Name   string `json:"name"`
			CPU    cpu    `json:"cpu"`
			Memory memory `json:"memory"`
		} `json:"containers"`
	} `json:"pods"`
}

type (
	cpu    struct{ UsageNanoCores *float64 }
	memory struct{ AvailableBytes, WorkingSetBytes *float64 }
	disk   struct{ CapacityBytes, AvailableBytes, Inodes, InodesFree *float64 }
)

// podList is what is read of a kubelet's /pods: neither variables nor anything else that could hold a secret.
type podList struct {
	Items []struct {
		Metadata struct {
			Name, Namespace, UID string
			Labels               map[string]string
		}
		Spec struct {
			Containers []struct {
				Name      string
				Resources struct{ Limits map[string]string }
			}
		}
		Status struct {
			ContainerStatuses []struct{ RestartCount int }
		}
	}
}

const (
	// accountFolder has the token of the pod's service account, which is exchanged every hour, and the authority of the cluster.
	accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"
	kubeletPort   = "10250"
	// mostBytes is far beyond what a node with 250 pods answers.
	mostBytes = 32 << 20
	patience  = 20 * time.Second
)

// kubelet is the one of this node.
type kubelet struct {
	address, token string // where it serves, and the token's file
	client         *http.Client
}

// newKubelet asks the kubelet at an address, and believes it if the cluster's authority does.
func newKubelet(address, folder string) (*kubelet, error) {
	authority, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
	if err != nil {
		return nil, fmt.Errorf("read the cluster's authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		//page:nodes-and-logs
		return nil, fmt.Errorf("%s: expected certificates", filepath.Join(folder, "ca.crt"))
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(address, kubeletPort)
	}
	return &kubelet{address: address, token: filepath.Join(folder, "token"), client: &http.Client{
		Timeout: patience, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}},
	}}, nil
}

func (k *kubelet) ask(ctx context.Context) (used summary, pods podList, err error) {
	if err := k.get(ctx, "/stats/summary", &used); err != nil {
		return used, pods, err
	}
	return used, pods, k.get(ctx, "/pods", &pods)
}

func (k *kubelet) get(ctx context.Context, path string, into any) error {
	token, err := os.ReadFile(k.token)
	if err != nil {
		return fmt.Errorf("read the token for the kubelet: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+k.address+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	response, err := k.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask the kubelet: %w", err)
	}
	defer response.Body.Close() // only read
	if response.StatusCode != http.StatusOK {
		//page:nodes-and-logs
		return fmt.Errorf("ask the kubelet for %s: got %s, expected 200", path, response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, mostBytes)).Decode(into); err != nil {
		return fmt.Errorf("read what the kubelet says of %s: %w", path, err)
	}
	return nil
}
