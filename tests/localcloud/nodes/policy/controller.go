package policy

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// settle is how long the controller waits for more changes before it writes rules.
const settle = 100 * time.Millisecond

// Watch tells what there is now, each time that anything has changed which rules are made of, until ctx is over.
func Watch(ctx context.Context, client kubernetes.Interface, changed func(Cluster)) error {
	factory := informers.NewSharedInformerFactory(client, 0)
	pods, namespaces, policies := factory.Core().V1().Pods(), factory.Core().V1().Namespaces(), factory.Networking().V1().NetworkPolicies()
	poke := make(chan struct{}, 1)
	notify := func() {
		select {
		case poke <- struct{}{}:
		default:
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { notify() }, DeleteFunc: func(any) { notify() }, UpdateFunc: func(any, any) { notify() },
	}
	for _, informer := range []cache.SharedIndexInformer{pods.Informer(), namespaces.Informer(), policies.Informer()} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	defer factory.Shutdown()
	for _, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return errors.Join(ctx.Err(), errors.New("the Kubernetes API does not tell what there is"))
		}
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-poke:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(settle):
		}
		var now Cluster
		var errPods, errNamespaces, errPolicies error
		now.Pods, errPods = pods.Lister().List(labels.Everything())
		now.Namespaces, errNamespaces = namespaces.Lister().List(labels.Everything())
		now.Policies, errPolicies = policies.Lister().List(labels.Everything())
		if err := errors.Join(errPods, errNamespaces, errPolicies); err != nil {
			return err
		}
		changed(now)
	}
}
