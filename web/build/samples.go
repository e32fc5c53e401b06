package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// The sample: images of the test set of Fashion-MNIST, from Debian's package dataset-fashion-mnist. Most are unlabelled,
// so that there is something left to do for whoever tries it.
const (
	fashionID       = "fashion-mnist"
	fashionPackage  = "dataset-fashion-mnist"
	fashionSide     = 28
	fashionPerClass = 60 // images
	fashionLabelled = 10 // of them with a label
	samplesRevision = "1"
)

var fashionClasses = []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}

func (b *build) samples() error {
	root, err := b.fashion()
	if err != nil {
		return err
	}
	images, err := gunzip(filepath.Join(root, "share", "datasets", fashionID, "t10k-images-idx3-ubyte.gz"), 16)
	if err != nil {
		return err
	}
	labels, err := gunzip(filepath.Join(root, "share", "datasets", fashionID, "t10k-labels-idx1-ubyte.gz"), 8)
	if err != nil {
		return err
	}
	license, err := os.ReadFile(filepath.Join(root, "share", "doc", fashionPackage, "copyright"))
	if err != nil {
		return err
	}
	key := fmt.Sprintf("%x-%s", sha256.Sum256(append(append([]byte{}, labels...), images...)), samplesRevision)
	pack, err := b.cached("samples", key, func() ([]byte, error) { return fashionZIP(images, labels) })
	if err != nil {
		return err
	}
	index, err := json.MarshalIndent([]domain.Sample{{
		ID: fashionID, Name: "Fashion-MNIST", Images: fashionPerClass * len(fashionClasses), Bytes: int64(len(pack)),
		License: "Expat (MIT), © 2017 Zalando SE", // the text: samples/ID.LICENSE.txt
	}}, "", "  ")
	if err != nil {
		return err
	}
	b.files["samples/"+fashionID+".zip"] = pack
	b.files["samples/"+fashionID+".LICENSE.txt"] = license
	b.files["samples/index.json"] = index
	return nil
}

// fashion gives the folder that stands for /usr: of the installed package, or of one that is downloaded into the cache.
func (b *build) fashion() (string, error) {
	have := func(root string) bool {
		_, err := os.Stat(filepath.Join(root, "share", "datasets", fashionID, "t10k-images-idx3-ubyte.gz"))
		return err == nil
	}
	if have("/usr") {
		return "/usr", nil
	}
	dir := filepath.Join(b.web, ".cache", fashionPackage)
	root := filepath.Join(dir, "root", "usr")
	if have(root) {
		return root, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := in(dir, "apt-get", "download", fashionPackage); err != nil {
		return "", fmt.Errorf("the sample images come from Debian's package %s: install it with apt-get install %s: %w", fashionPackage, fashionPackage, err)
	}
	debs, err := filepath.Glob(filepath.Join(dir, fashionPackage+"_*.deb"))
	if err != nil || len(debs) == 0 {
		return "", errors.Join(err, fmt.Errorf("apt-get left no package in %s", dir))
	}
	if err := in(dir, "dpkg-deb", "-x", debs[len(debs)-1], "root"); err != nil {
		return "", err
	}
	return root, nil
}

func in(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(out))
	}
	return nil
}

// gunzip reads an IDX file and cuts its header off.
func gunzip(file string, header int) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	data, err := io.ReadAll(z)
	if err != nil || len(data) < header {
		return nil, errors.Join(err, fmt.Errorf("%s is cut short: %w", file, fs.ErrInvalid))
	}
	return data[header:], nil
}

// fashionZIP takes the first images of each class in the set's own order, which is mixed. Names tell nothing of the class.
func fashionZIP(images, labels []byte) ([]byte, error) {
	const size = fashionSide * fashionSide
	if len(images) != size*len(labels) {
		return nil, fmt.Errorf("%d bytes of images do not fit %d labels", len(images), len(labels))
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	var csv strings.Builder
	csv.WriteString("filename,label\n")
	taken := make([]int, len(fashionClasses))
	n := 0
	for i, class := range labels {
		if int(class) >= len(taken) || taken[class] == fashionPerClass {
			continue
		}
		taken[class]++
		n++
		name := fmt.Sprintf("images/%04d.png", n)
		if taken[class] <= fashionLabelled {
			fmt.Fprintf(&csv, "%s,%s\n", name, fashionClasses[class])
		}
		img := &image.Gray{Pix: images[i*size:][:size], Stride: fashionSide, Rect: image.Rect(0, 0, fashionSide, fashionSide)}
		var data bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&data, img); err != nil {
			return nil, err
		}
		if err := put(z, name, zip.Store, data.Bytes()); err != nil {
			return nil, err
		}
	}
	if n != fashionPerClass*len(fashionClasses) {
		return nil, fmt.Errorf("the set gives %d images only", n)
	}
	if err := put(z, "labels.csv", zip.Deflate, []byte(csv.String())); err != nil {
		return nil, err
	}
	err := z.Close()
	return out.Bytes(), err
}

func put(z *zip.Writer, name string, method uint16, data []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: time.Date(2020, 5, 23, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}
