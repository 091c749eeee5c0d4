package kubernetes

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	// kubeconfigVariable holds the path of the local cloud's administrator kubeconfig.
	kubeconfigVariable = "LOCALCLOUD_KUBECONFIG"
	fieldManager       = "pulumi-kubernetes"
	defaultNamespace   = "default"
	// requestsPerSecond spares a deployment the client's own throttling, which is meant for shared clusters.
	requestsPerSecond = 200
	deleteTimeout     = 5 * time.Minute
	deletePoll        = 200 * time.Millisecond
)

// cluster is the local API server. It is reached when it is first needed.
type cluster struct {
	connect func() (*connection, error)
}

type connection struct {
	client dynamic.Interface
	mapper *restmapper.DeferredDiscoveryRESTMapper
}

func newCluster() *cluster {
	return &cluster{connect: sync.OnceValues(func() (*connection, error) {
		path := os.Getenv(kubeconfigVariable)
		if path == "" {
			return nil, fmt.Errorf("%s is not set: it names the local API server's kubeconfig", kubeconfigVariable)
		}
		config, err := clientcmd.BuildConfigFromFlags("", path)
		if err != nil {
			return nil, fmt.Errorf("read the local API server's kubeconfig: %w", err)
		}
		config.QPS, config.Burst = requestsPerSecond, requestsPerSecond
		client, err := dynamic.NewForConfig(config)
		if err != nil {
			return nil, err
		}
		kinds, err := discovery.NewDiscoveryClientForConfig(config)
		if err != nil {
			return nil, err
		}
		mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(kinds))
		return &connection{client: client, mapper: mapper}, nil
	})}
}

// apply implements objects with server-side apply.
func (c *cluster) apply(ctx context.Context, o object, dryRun bool) (object, error) {
	endpoint, err := c.endpoint(o.identity())
	if err != nil {
		return object{}, err
	}
	options := metav1.ApplyOptions{FieldManager: fieldManager, Force: true}
	if dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	applied, err := endpoint.Apply(ctx, o.GetName(), o.Unstructured, options)
	return object{applied}, err
}

// read implements objects.
func (c *cluster) read(ctx context.Context, i identity) (object, bool, error) {
	endpoint, err := c.endpoint(i)
	if err != nil {
		return object{}, false, err
	}
	found, err := endpoint.Get(ctx, i.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return object{}, false, nil
	}
	return object{found}, err == nil, err
}

// remove implements objects. An object that is gone already is fine, and so is one whose kind is.
func (c *cluster) remove(ctx context.Context, i identity) error {
	endpoint, err := c.endpoint(i)
	if meta.IsNoMatchError(err) {
		return nil
	}
	if err != nil {
		return err
	}
	propagation := metav1.DeletePropagationBackground
	err = endpoint.Delete(ctx, i.name, metav1.DeleteOptions{PropagationPolicy: &propagation})
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	return wait.PollUntilContextTimeout(ctx, deletePoll, deleteTimeout, true, func(ctx context.Context) (bool, error) {
		_, found, err := c.read(ctx, i)
		return !found, err
	})
}

// endpoint finds where the API server serves the kind. A kind that is new since the last query is looked up again.
func (c *cluster) endpoint(i identity) (dynamic.ResourceInterface, error) {
	at, err := c.connect()
	if err != nil {
		return nil, err
	}
	version, err := schema.ParseGroupVersion(i.apiVersion)
	if err != nil {
		return nil, err
	}
	mapping, err := at.mapper.RESTMapping(version.WithKind(i.kind).GroupKind(), version.Version)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return at.client.Resource(mapping.Resource), nil
	}
	namespace := i.namespace
	if namespace == "" {
		namespace = defaultNamespace
	}
	return at.client.Resource(mapping.Resource).Namespace(namespace), nil
}
