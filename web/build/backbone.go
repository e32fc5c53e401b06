package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/irum-app/irum/engine/tflite"
)

// backbone converts the default backbone and the head of proposals on it to ONNX. They depend on the bundle and on the code that converts.
func (b *build) backbone() error {
	bundle, err := os.ReadFile(b.modules("@mediapipe/objectron/objectron_solution_packed_assets.data"))
	if err != nil {
		return fmt.Errorf("%w: run `make npm` first", err)
	}
	key := sha256.New()
	key.Write(bundle)
	for _, pattern := range []string{"../engine/tflite/*.go", "../engine/onnx/*.go", "../engine/quantise/*.go"} {
		names, err := filepath.Glob(filepath.Join(b.web, pattern))
		if err != nil {
			return err
		}
		slices.Sort(names)
		for _, name := range names {
			f, err := os.Open(name)
			if err != nil {
				return err
			}
			_, err = io.Copy(key, f)
			_ = f.Close()
			if err != nil {
				return err
			}
		}
	}
	b.files["backbone.onnx"], err = b.cached("backbone", fmt.Sprintf("%x", key.Sum(nil)), func() ([]byte, error) {
		return tflite.Backbone(bundle)
	})
	if err != nil {
		return err
	}
	b.files["proposals.onnx"], err = b.cached("proposals", fmt.Sprintf("%x", key.Sum(nil)), func() ([]byte, error) {
		return tflite.ProposalHead(bundle)
	})
	return err
}
