package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hashicorp/go-multierror"
	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/config/schema/resource"
)

// verdict is what Istio's validating webhook says of one object; objects without errors or warnings have none.
type verdict struct {
	Kind      string   `json:"kind"`
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	Errors    []string `json:"errors,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
}

// objects are the documents of one configuration, by who reads them.
type objects struct {
	valid []config.Config
	// kubernetes holds the documents of Kubernetes' own kinds: Services, Secrets …
	kubernetes []string
	verdicts   []verdict
}

type validateRequest struct {
	// Documents are judged each on its own.
	Documents []string `json:"documents"`
}

// validate gives for each document what the webhook says, without translating anything.
func validate(request validateRequest) ([][]verdict, error) {
	verdicts := make([][]verdict, len(request.Documents))
	for i, document := range request.Documents {
		read, err := readObjects(document)
		if err != nil {
			read.verdicts = []verdict{{Errors: []string{err.Error()}}}
		}
		verdicts[i] = read.verdicts
	}
	return verdicts, nil
}

// Objects without a time of their own are of one age, as in the captured cases.
var created = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// readObjects validates each document as the webhook would; what it refuses never reaches the control plane.
func readObjects(documents string) (objects, error) {
	read := objects{verdicts: []verdict{}}
	reader := kubeyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(documents)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return read, nil
		}
		if err != nil {
			return read, err
		}
		if err := read.add(document); err != nil {
			return read, err
		}
	}
}

func (o *objects) add(document []byte) error {
	var object crd.IstioKind
	if err := yaml.Unmarshal(document, &object); err != nil {
		return fmt.Errorf("cannot parse a document: %w", err)
	}
	if object.Kind == "" {
		return nil
	}
	kind := object.GroupVersionKind()
	schema, known := collections.Pilot.FindByGroupVersionAliasesKind(resource.FromKubernetesGVK(&kind))
	if !known {
		if kind.Group == "" || kind.Group == "discovery.k8s.io" {
			o.kubernetes = append(o.kubernetes, string(document))
		}
		return nil
	}
	if object.Namespace == "" {
		object.Namespace = "default"
	}
	found := verdict{Kind: object.Kind, Namespace: object.Namespace, Name: object.Name}
	converted, err := crd.ConvertObject(schema, &object, "cluster.local")
	if err == nil {
		var warning error
		warning, err = schema.ValidateConfig(*converted)
		found.Warnings = messages(warning)
	}
	found.Errors = messages(err)
	if len(found.Errors)+len(found.Warnings) > 0 {
		o.verdicts = append(o.verdicts, found)
	}
	if err != nil {
		return nil
	}
	if converted.CreationTimestamp.IsZero() {
		converted.CreationTimestamp = created
	}
	o.valid = append(o.valid, *converted)
	return nil
}

func messages(err error) []string {
	if err == nil {
		return nil
	}
	var several *multierror.Error
	if !errors.As(err, &several) {
		return []string{err.Error()}
	}
	texts := make([]string, len(several.Errors))
	for i, one := range several.Errors {
		texts[i] = one.Error()
	}
	return texts
}
