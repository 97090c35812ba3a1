package main

import (
	"encoding/json"
	"fmt"
	"strings"

	bootstrap "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"

	meshconfig "istio.io/api/mesh/v1alpha1"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/test"
	"istio.io/istio/pkg/util/protomarshal"
)

type translateRequest struct {
	// Config is YAML documents: Istio's kinds, and Kubernetes' own.
	Config string `json:"config"`
	// Mesh is Istio's MeshConfig in YAML; empty for the defaults.
	Mesh string `json:"mesh"`
}

type translateAnswer struct {
	Validation []verdict `json:"validation"`
	// Resources are Envoy's static_resources. Each listener is on 127.0.0.1 and port 0; its name tells its own port: "0.0.0.0_80".
	Resources json.RawMessage `json:"resources"`
}

// translate gives what Istio's control plane sends to its ingress gateway, as something that an Envoy of its own can start with.
func translate(request translateRequest) (translateAnswer, error) {
	read, err := readObjects(request.Config)
	if err != nil {
		return translateAnswer{}, err
	}
	meshConfig, err := mesh.ApplyMeshConfig(request.Mesh, mesh.DefaultMeshConfig())
	if err != nil {
		return translateAnswer{}, err
	}
	resources, err := staticResources(read, meshConfig)
	if err != nil {
		return translateAnswer{Validation: read.verdicts}, err
	}
	text, err := protomarshal.Marshal(resources)
	return translateAnswer{Validation: read.verdicts, Resources: text}, err
}

func staticResources(read objects, meshConfig *meshconfig.MeshConfig) (*bootstrap.Bootstrap_StaticResources, error) {
	var resources *bootstrap.Bootstrap_StaticResources
	var refused error
	err := test.Wrap(func(t test.Failer) {
		defer func() {
			// A bug of Istio's: the next configuration must find this process alive.
			if cause := recover(); cause != nil {
				refused = fmt.Errorf("Istio panics: %v", cause)
			}
		}()
		server := xds.NewFakeDiscoveryServer(t, xds.FakeOptions{
			Configs:                read.valid,
			KubernetesObjectString: strings.Join(read.kubernetes, "\n---\n"),
			MeshConfig:             meshConfig,
		})
		made := standalone{server: server, proxy: server.SetupProxy(ingressGateway())}
		resources, refused = made.resources()
	})
	if err == nil {
		err = refused
	}
	return resources, err
}

// ingressGateway is the proxy of the captured cases: Istio's ingress gateway as its chart installs it, without its Service.
func ingressGateway() *model.Proxy {
	labels := map[string]string{"istio": "ingressgateway", "app": "istio-ingressgateway"}
	return &model.Proxy{
		Type:            model.Router,
		ID:              "istio-ingressgateway.istio-system",
		ConfigNamespace: "istio-system",
		Labels:          labels,
		IPAddresses:     []string{"10.0.0.1"},
		Metadata: &model.NodeMetadata{
			Namespace:    "istio-system",
			Labels:       labels,
			ClusterID:    "Kubernetes",
			IstioVersion: "1.31.0",
		},
	}
}
