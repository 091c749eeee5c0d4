// Command endpoints is a network plugin that leads a pod to the local cloud's databases and caches. Their endpoints are loopback
// addresses of the machine, which in a pod are the pod's own: rules in the pod's namespace send what goes there to addresses of
// the VPC. The local cloud knows which.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	current "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/cni/pkg/version"
	"github.com/containernetworking/plugins/pkg/ns"
)

// config is the plugin's part of the network's configuration.
type config struct {
	types.NetConf

	// Rules is the URL of the rules, as nft reads them.
	Rules string `json:"rules"`
}

func main() {
	nothing := func(*skel.CmdArgs) error { return nil } // the rules go with the pod's namespace
	skel.PluginMainFuncs(skel.CNIFuncs{Add: add, Del: nothing, Check: nothing}, version.All, "leads a pod to the local cloud's endpoints")
}

func add(args *skel.CmdArgs) error {
	var conf config
	if err := json.Unmarshal(args.StdinData, &conf); err != nil {
		return fmt.Errorf("read the network's configuration: %w", err)
	}
	if err := version.ParsePrevResult(&conf.NetConf); err != nil {
		return err
	}
	result, err := current.NewResultFromResult(conf.PrevResult)
	if err != nil {
		return err
	}
	rules, err := fetch(conf.Rules)
	if err != nil {
		return fmt.Errorf("ask the local cloud for its endpoints: %w", err)
	}
	if len(rules) > 0 {
		if err := ns.WithNetNSPath(args.Netns, func(ns.NetNS) error { return apply(rules) }); err != nil {
			return fmt.Errorf("lead the pod to the local cloud's endpoints: %w", err)
		}
	}
	return types.PrintResult(result, conf.CNIVersion)
}

func fetch(url string) ([]byte, error) {
	client := http.Client{Timeout: time.Minute}
	response, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, text)
	}
	return text, err
}

// apply loads the rules into this thread's namespace, and lets packets from loopback addresses out of it.
func apply(rules []byte) error {
	if err := os.WriteFile("/proc/sys/net/ipv4/conf/all/route_localnet", []byte("1"), 0); err != nil {
		return err
	}
	nft := exec.Command("nft", "-f", "-")
	nft.Stdin = bytes.NewReader(rules)
	if out, err := nft.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, out)
	}
	return nil
}
