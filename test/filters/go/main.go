// The same vectors as rust/src/lib.rs, on plain imports: a module of the Go compiler runs at the edge as in Envoy.
package main

import "unsafe"

//go:wasmimport env proxy_get_buffer_bytes
func getBuffer(kind, start, length uint32, data, size unsafe.Pointer) uint32

//go:wasmimport env proxy_get_header_map_value
func getHeader(kind uint32, key unsafe.Pointer, keySize uint32, value, size unsafe.Pointer) uint32

//go:wasmimport env proxy_replace_header_map_value
func setHeader(kind uint32, key unsafe.Pointer, keySize uint32, value unsafe.Pointer, size uint32) uint32

//go:wasmimport env proxy_add_header_map_value
func addHeader(kind uint32, key unsafe.Pointer, keySize uint32, value unsafe.Pointer, size uint32) uint32

//go:wasmimport env proxy_send_local_response
func reply(status uint32, details unsafe.Pointer, detailsSize uint32, body unsafe.Pointer, bodySize uint32, headers unsafe.Pointer, headersSize uint32, grpc int32) uint32

// What the host has been given stays reachable until it is read.
var given = map[uint32][]byte{}
var greeting string

func main() {}

func text(s string) (unsafe.Pointer, uint32) { return unsafe.Pointer(unsafe.StringData(s)), uint32(len(s)) }

func taken(pointer, size uint32) string {
	bytes := given[pointer]
	delete(given, pointer)
	if size == 0 {
		return ""
	}
	return string(bytes[:size])
}

//go:wasmexport proxy_abi_version_0_2_1
func abiVersion() {}

//go:wasmexport proxy_on_memory_allocate
func allocate(size uint32) uint32 {
	bytes := make([]byte, size)
	pointer := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(bytes))))
	given[pointer] = bytes
	return pointer
}

//go:wasmexport proxy_on_context_create
func contextCreate(id, parent uint32) {}

//go:wasmexport proxy_on_configure
func configure(id, size uint32) uint32 {
	var pointer, length uint32
	if getBuffer(7, 0, size, unsafe.Pointer(&pointer), unsafe.Pointer(&length)) == 0 {
		greeting = taken(pointer, length)
	}
	return 1
}

//go:wasmexport proxy_on_request_headers
func requestHeaders(id, count, end uint32) uint32 {
	var pointer, length uint32
	key, keySize := text(":path")
	path := ""
	if getHeader(0, key, keySize, unsafe.Pointer(&pointer), unsafe.Pointer(&length)) == 0 {
		path = taken(pointer, length)
	}
	if path == "/deny" {
		body, bodySize := text("denied\n")
		headers := []byte{1, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0}
		headers = append(headers, "x-why\x00denied\x00"...)
		reply(403, nil, 0, body, bodySize, unsafe.Pointer(unsafe.SliceData(headers)), uint32(len(headers)), -1)
		return 1
	}
	name, nameSize := text("x-greeting")
	value, valueSize := text(greeting)
	setHeader(0, name, nameSize, value, valueSize)
	return 0
}

//go:wasmexport proxy_on_response_headers
func responseHeaders(id, count, end uint32) uint32 {
	name, nameSize := text("x-filter")
	value, valueSize := text("ran")
	addHeader(2, name, nameSize, value, valueSize)
	return 0
}
