//go:build js && engine

package main

import (
	"context"
	"fmt"

	"github.com/irum-app/irum/engine"
)

func init() {
	use = func(ctx context.Context, data []byte) error {
		n, err := engine.Load(data)
		if err != nil {
			return err
		}
		s, err := engine.Compile(ctx, n, engine.Options{})
		if err != nil {
			return err
		}
		defer s.Close()
		out, err := s.Run(ctx, make([]float32, 3))
		fmt.Println(out, s.Info(), s.Peak())
		return err
	}
}
