package domain

// VOC is a dialect of Pascal VOC: how the pixels of a box are counted. The files do not say it, and tools differ.
type VOC string

// Dialects of Pascal VOC. "" is what is found out, or was never asked.
const (
	VOCOne  VOC = "one"  // as the standard says: from 1, the last pixel included
	VOCZero VOC = "zero" // as many tools write: from 0, the right and the lower edge not included
)

// CheckVOC refuses what is no dialect; "" is none yet. The field of the problem is voc.
func CheckVOC(v VOC) error {
	switch v {
	case "", VOCOne, VOCZero:
		return nil
	}
	return Errorf(CodeInvalid, "There is no dialect %q of Pascal VOC. Use one (pixels count from 1) or zero (from 0).", v).In("voc")
}
