//go:build !js

package exec

import "testing"

func startKernels(testing.TB) {}
