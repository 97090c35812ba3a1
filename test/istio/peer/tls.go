package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"sync"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	tls "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
)

// settleTLS puts a certificate in the place of every credential that the control plane would send (SDS).
func settleTLS(chain *listener.FilterChain) error {
	socket := chain.GetTransportSocket()
	context := &tls.DownstreamTlsContext{}
	if !socket.GetTypedConfig().MessageIs(context) {
		return nil
	}
	if err := socket.GetTypedConfig().UnmarshalTo(context); err != nil {
		return err
	}
	common := context.CommonTlsContext
	certificate, err := selfSigned()
	if err != nil {
		return err
	}
	if len(common.TlsCertificateSdsSecretConfigs) > 0 {
		common.TlsCertificateSdsSecretConfigs = nil
		common.TlsCertificates = []*tls.TlsCertificate{certificate}
	}
	socket.ConfigType = &core.TransportSocket_TypedConfig{TypedConfig: packed(context)}
	return nil
}

// selfSigned is one certificate for all servers of this process.
var selfSigned = sync.OnceValues(func() (*tls.TlsCertificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "gateway.test"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return &tls.TlsCertificate{
		CertificateChain: inline(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})),
		PrivateKey:       inline(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private})),
	}, nil
})

func inline(text []byte) *core.DataSource {
	return &core.DataSource{Specifier: &core.DataSource_InlineBytes{InlineBytes: text}}
}
