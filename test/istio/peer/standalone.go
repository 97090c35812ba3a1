package main

import (
	"fmt"
	"strings"

	bootstrap "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	wasm "github.com/envoyproxy/go-control-plane/envoy/extensions/wasm/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/test/xds"
)

// standalone turns what a control plane sends to one proxy into what a stock Envoy can run without that control plane: routes,
// endpoints, extensions and certificates in place, Istio's own filters and the mesh's TLS left out.
type standalone struct {
	server *xds.FakeDiscoveryServer
	proxy  *model.Proxy
	routes map[string]*route.RouteConfiguration
}

func (s *standalone) resources() (*bootstrap.Bootstrap_StaticResources, error) {
	listeners := s.server.Listeners(s.proxy)
	s.routes = map[string]*route.RouteConfiguration{}
	for _, one := range s.server.RoutesFromListeners(s.proxy, listeners) {
		// As in routes that a control plane sends; those of a static configuration are checked otherwise.
		one.ValidateClusters = wrapperspb.Bool(false)
		s.routes[one.Name] = one
	}
	for _, one := range listeners {
		if err := s.settleListener(one); err != nil {
			return nil, fmt.Errorf("listener %s: %w", one.Name, err)
		}
	}
	clusters := s.server.Clusters(s.proxy)
	s.settleClusters(clusters)
	return &bootstrap.Bootstrap_StaticResources{Listeners: listeners, Clusters: clusters}, nil
}

func (s *standalone) settleListener(one *listener.Listener) error {
	socket := one.GetAddress().GetSocketAddress()
	if socket == nil {
		return fmt.Errorf("%v is no TCP port", one.GetAddress())
	}
	socket.Address = "127.0.0.1"
	socket.PortSpecifier = &core.SocketAddress_PortValue{PortValue: 0}
	one.AdditionalAddresses = nil
	one.AccessLog = nil
	chains := one.FilterChains
	if one.DefaultFilterChain != nil {
		chains = append(chains, one.DefaultFilterChain)
	}
	for _, chain := range chains {
		if err := settleTLS(chain); err != nil {
			return err
		}
		if err := s.settleChain(chain); err != nil {
			return err
		}
	}
	return nil
}

func (s *standalone) settleChain(chain *listener.FilterChain) error {
	var kept []*listener.Filter
	for _, filter := range chain.Filters {
		if isIstios(filter.Name) {
			continue
		}
		if filter.GetConfigDiscovery() != nil {
			filter.ConfigType = &listener.Filter_TypedConfig{TypedConfig: s.extension(filter.Name)}
		}
		manager := &hcm.HttpConnectionManager{}
		if filter.GetTypedConfig().MessageIs(manager) {
			if err := filter.GetTypedConfig().UnmarshalTo(manager); err != nil {
				return err
			}
			s.settleManager(manager)
			filter.ConfigType = &listener.Filter_TypedConfig{TypedConfig: packed(manager)}
		}
		kept = append(kept, filter)
	}
	chain.Filters = kept
	return nil
}

func (s *standalone) settleManager(manager *hcm.HttpConnectionManager) {
	manager.AccessLog = nil
	// The captured cases are without: with it, upstreams see x-envoy-decorator-operation.
	manager.Tracing = nil
	// Else every answer that ends its connection waits a second for the client to do so.
	manager.DelayedCloseTimeout = durationpb.New(0)
	if rds := manager.GetRds(); rds != nil {
		manager.RouteSpecifier = &hcm.HttpConnectionManager_RouteConfig{RouteConfig: s.routes[rds.RouteConfigName]}
	}
	var kept []*hcm.HttpFilter
	for _, filter := range manager.HttpFilters {
		if isIstios(filter.Name) {
			continue
		}
		if filter.GetConfigDiscovery() != nil {
			filter.ConfigType = &hcm.HttpFilter_TypedConfig{TypedConfig: s.extension(filter.Name)}
		}
		kept = append(kept, filter)
	}
	manager.HttpFilters = kept
}

// extension is the configuration of a filter that the control plane sends apart from its listener (ECDS): Wasm.
func (s *standalone) extension(name string) *anypb.Any {
	push := s.server.PushContext()
	for _, one := range s.server.ConfigGen.BuildExtensionConfiguration(s.proxy, push, []string{name}, nil) {
		return writable(one.TypedConfig)
	}
	return nil
}

// writable leaves out the empty configuration of a plugin that has none, which JSON has no form for.
func writable(extension *anypb.Any) *anypb.Any {
	message, err := extension.UnmarshalNew()
	if err != nil {
		return extension
	}
	plugin, isPlugin := message.(interface{ GetConfig() *wasm.PluginConfig })
	if !isPlugin || plugin.GetConfig().GetConfiguration().GetTypeUrl() != "" {
		return extension
	}
	plugin.GetConfig().Configuration = nil
	return packed(message)
}

func (s *standalone) settleClusters(clusters []*cluster.Cluster) {
	endpoints := map[string]*endpoint.ClusterLoadAssignment{}
	for _, one := range s.server.Endpoints(s.proxy) {
		endpoints[one.ClusterName] = one
	}
	for _, one := range clusters {
		one.TransportSocket = nil
		one.TransportSocketMatches = nil
		one.Filters = nil
		if one.GetType() == cluster.Cluster_EDS {
			name := one.GetEdsClusterConfig().GetServiceName()
			if name == "" {
				name = one.Name
			}
			one.LoadAssignment = endpoints[name]
			one.EdsClusterConfig = nil
			one.ClusterDiscoveryType = &cluster.Cluster_Type{Type: cluster.Cluster_STATIC}
		}
	}
}

// isIstios tells the filters that only Istio's build of Envoy has.
func isIstios(name string) bool {
	return strings.HasPrefix(name, "istio.") || strings.HasPrefix(name, "istio_")
}

func packed(message proto.Message) *anypb.Any {
	result, err := anypb.New(message)
	if err != nil {
		panic(err)
	}
	return result
}
