package transfer

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"

	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
)

// Thumb gives the thumbnail of an asset: JPEG, at most ThumbSide pixels on the long side, upright.
func (s *Service) Thumb(ctx context.Context, a domain.Asset) (data []byte, contentType string, err error) {
	if a.ThumbSHA != "" {
		data, err = blob.Bytes(ctx, s.Blobs, a.ThumbSHA, 0)
		return data, "image/jpeg", err
	}
	img, err := s.decoded(ctx, a)
	if err != nil {
		return nil, "", err
	}
	data, err = vision.Thumbnail(img, ThumbSide)
	return data, "image/jpeg", err
}

// Measure measures an image by its thumbnail. What is measured is always the thumbnail as it is kept, so that images that came before
// they were measured get the same numbers as those that come now.
func Measure(thumb []byte) (domain.Measures, error) {
	img, _, err := vision.Decode(thumb, vision.Limits{})
	if err != nil {
		return domain.Measures{}, err
	}
	return domain.Measures(vision.Measure(img)), nil
}

func (s *Service) decoded(ctx context.Context, a domain.Asset) (*vision.Image, error) {
	l := s.Limits.filled()
	data, err := blob.Bytes(ctx, s.Blobs, a.SHA256, l.FileBytes)
	if err != nil {
		return nil, err
	}
	img, _, err := vision.Decode(data, vision.Limits{MaxBytes: int(l.FileBytes), MaxPixels: l.Pixels})
	if err != nil { // it was decoded when it was imported
		return nil, fmt.Errorf("decode asset %s: %w", a.ID, err)
	}
	return img, nil
}

// Image gives an asset upright, in a type that every browser shows: the original bytes where they are that, else decoded and
// encoded again (JPEG for JPEG, PNG for the rest).
func (s *Service) Image(ctx context.Context, a domain.Asset) (data []byte, contentType string, err error) {
	if a.Orientation <= 1 && a.Format != "tiff" {
		data, err = blob.Bytes(ctx, s.Blobs, a.SHA256, 0)
		return data, "image/" + a.Format, err
	}
	img, err := s.decoded(ctx, a)
	if err != nil {
		return nil, "", err
	}
	rgba := image.NewRGBA(image.Rect(0, 0, img.Width, img.Height))
	for from, to := 0, 0; from < len(img.Pix); from, to = from+3, to+4 {
		copy(rgba.Pix[to:], img.Pix[from:from+3])
		rgba.Pix[to+3] = 255
	}
	var out bytes.Buffer
	if a.Format == "jpeg" {
		err = jpeg.Encode(&out, rgba, &jpeg.Options{Quality: 92})
		return out.Bytes(), "image/jpeg", err
	}
	err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, rgba)
	return out.Bytes(), "image/png", err
}
