package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
)

// PutEmbeddings keeps what backbone (by SHA-256) makes of images (by SHA-256). An embedding that is kept already stays.
func (s *Store) PutEmbeddings(ctx context.Context, backbone string, vectors map[string][]float32) error {
	var batch []Stmt
	for _, sha := range slices.Sorted(maps.Keys(vectors)) {
		batch = append(batch, Stmt{
			"INSERT INTO embeddings (sha256, backbone, vec) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
			[]any{sha, backbone, packVector(vectors[sha])},
		})
	}
	if len(batch) == 0 {
		return nil
	}
	if _, err := s.db.Batch(ctx, batch); err != nil {
		return fmt.Errorf("keep embeddings: %w", err)
	}
	return nil
}

func packVector(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

func unpackVector(b []byte) []float32 {
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}

// Embeddings gives those of the images' embeddings that are kept, by the image's SHA-256.
func (s *Store) Embeddings(ctx context.Context, backbone string, shas []string) (map[string][]float32, error) {
	type row struct {
		sha string
		vec []byte
	}
	out := make(map[string][]float32, len(shas))
	err := chunks(distinct(shas), rowsPerStmt, func(part []string) error {
		text, err := jsonText(part)
		if err != nil {
			return err
		}
		rows, err := collect(ctx, s.db, func(r Rows) (v row, err error) {
			err = r.Scan(&v.sha, &v.vec)
			return v, err
		}, "SELECT sha256, vec FROM embeddings WHERE backbone = ? AND sha256 IN (SELECT e.value FROM {strings})", backbone, text)
		for _, r := range rows {
			out[r.sha] = unpackVector(r.vec)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read embeddings: %w", err)
	}
	return out, nil
}

// HaveEmbeddings tells of which images an embedding is kept, without reading it.
func (s *Store) HaveEmbeddings(ctx context.Context, backbone string, shas []string) (map[string]bool, error) {
	out := make(map[string]bool, len(shas))
	err := chunks(distinct(shas), 4*rowsPerStmt, func(part []string) error {
		text, err := jsonText(part)
		if err != nil {
			return err
		}
		have, err := collect(ctx, s.db, scanString,
			"SELECT sha256 FROM embeddings WHERE backbone = ? AND sha256 IN (SELECT e.value FROM {strings})", backbone, text)
		for _, sha := range have {
			out[sha] = true
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find embeddings: %w", err)
	}
	return out, nil
}
