// Command peer answers what Istio's own control plane makes of a configuration, so that tests can run it in a real Envoy beside
// Bowsprit. It prints {"port": N} when it listens on that loopback port, and ends when its standard input does.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"

	"istio.io/istio/pkg/monitoring"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var served controlPlane
	http.Handle("POST /translate", oneAtATime(translate))
	http.Handle("POST /validate", oneAtATime(validate))
	http.Handle("POST /serve", oneAtATime(served.serve))
	http.Handle("POST /apply", oneAtATime(served.apply))
	metrics, err := monitoring.RegisterPrometheusExporter(nil, nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	http.Handle("GET /metrics", metrics)
	fmt.Printf("{\"port\":%d}\n", listener.Addr().(*net.TCPAddr).Port)
	go func() {
		_ = http.Serve(listener, nil)
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// oneAtATime serves JSON by JSON. Istio's packages keep global state, hence never two at once; an error's text answers with a 422.
func oneAtATime[Request, Answer any](handle func(Request) (Answer, error)) http.Handler {
	var busy sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request Request
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		busy.Lock()
		defer busy.Unlock()
		answer, err := handle(request)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.Header().Set("content-type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	})
}
