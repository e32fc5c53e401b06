// Package blob keeps bytes under the SHA-256 of what they are: a Bucket in a folder (Folder), in memory (Memory), or in
// the browser's private file system (wasm/opfs). What was put and acknowledged survives a crash and never changes.
package blob
