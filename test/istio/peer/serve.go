package main

import (
	"errors"
	"net"

	"istio.io/istio/pilot/pkg/features"
	"istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/test"
)

type serveAnswer struct {
	// Port is where the control plane speaks xDS, in the clear.
	Port int `json:"port"`
}

type applyRequest struct {
	Config string `json:"config"`
}

// controlPlane is Istio's, with a store in memory in the place of Kubernetes' API, debouncing as Istio's own does.
type controlPlane struct {
	server *xds.FakeDiscoveryServer
}

// serve starts it; it ends with the process.
func (c *controlPlane) serve(struct{}) (serveAnswer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return serveAnswer{}, err
	}
	started := make(chan *xds.FakeDiscoveryServer)
	failed := make(chan error, 1)
	go func() {
		failed <- test.Wrap(func(t test.Failer) {
			started <- xds.NewFakeDiscoveryServer(t, xds.FakeOptions{
				ListenerBuilder: func() (net.Listener, error) { return listener, nil },
				DebounceTime:    features.DebounceAfter,
			})
			select {}
		})
	}()
	select {
	case c.server = <-started:
		return serveAnswer{Port: listener.Addr().(*net.TCPAddr).Port}, nil
	case err := <-failed:
		return serveAnswer{}, err
	}
}

// apply creates or replaces objects. The control plane hears of them as of any change, and pushes when it likes.
func (c *controlPlane) apply(request applyRequest) ([]verdict, error) {
	if c.server == nil {
		return nil, errors.New("nothing is served")
	}
	read, err := readObjects(request.Config)
	if err != nil {
		return nil, err
	}
	for _, object := range read.valid {
		if err := c.put(object); err != nil {
			return nil, err
		}
	}
	return read.verdicts, nil
}

func (c *controlPlane) put(object config.Config) error {
	store := c.server.Store()
	existing := store.Get(object.GroupVersionKind, object.Name, object.Namespace)
	if existing == nil {
		_, err := store.Create(object)
		return err
	}
	object.ResourceVersion = existing.ResourceVersion
	_, err := store.Update(object)
	return err
}
