//go:build !js

package engine

import "testing"

func startKernels(testing.TB) {}
