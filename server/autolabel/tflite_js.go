package autolabel

import "github.com/irum-app/irum/server/domain"

// backboneFormats are the files that AddBackbone takes. The reader of TFLite would be a hundredth of what every visitor
// loads.
var backboneFormats = []string{"onnx"}

// fromTFLite refuses a TFLite network and says what to do with it.
func fromTFLite([]byte) ([]byte, error) {
	return nil, domain.Errorf(domain.CodeUnsupported,
		"TFLite networks cannot be read in the browser. Give the network as ONNX, or add it on a server, which reads both.").In("file")
}
