package transfer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxXMLDepth is how deep elements may lie in each other; annotations need six.
const maxXMLDepth = 100

// xmlNode is one element: its name without a namespace, its attributes, its own text, its child elements.
type xmlNode struct {
	name     string
	attrs    map[string]string
	text     strings.Builder
	children []*xmlNode
}

// child gives the last child of a name, an empty element where there is none: files that lack a part are common.
func (n *xmlNode) child(name string) *xmlNode {
	for i := len(n.children) - 1; i >= 0; i-- {
		if n.children[i].name == name {
			return n.children[i]
		}
	}
	return &xmlNode{}
}

// xmlReader reads what annotations are made of: elements with attributes, text, the five entities and character numbers,
// CDATA, comments. Document types are passed over, and entities that one defines are refused. It stands for encoding/xml,
// which is a fiftieth of app.wasm.
type xmlReader struct {
	rest string
	open []*xmlNode
	each func(*xmlNode) (drop bool)
}

var errXMLEnd = errors.New("it ends too early")

// parseXML gives the first element of text, which is UTF-8. What follows it is not read.
func parseXML(text string) (*xmlNode, error) { return parseXMLEach(text, nil) }

// parseXMLEach is parseXML that shows each child of the first element as soon as it is whole; what each drops is not kept, so
// that a file of many images takes the memory of one.
func parseXMLEach(text string, each func(*xmlNode) (drop bool)) (*xmlNode, error) {
	r := &xmlReader{rest: text, open: []*xmlNode{{}}, each: each}
	for {
		before, after, found := strings.Cut(r.rest, "<")
		if err := r.characters(before); err != nil {
			return nil, err
		}
		if !found {
			return nil, errXMLEnd
		}
		r.rest = after
		if err := r.markup(); err != nil {
			return nil, err
		}
		if len(r.open) == 1 && len(r.open[0].children) > 0 {
			return r.open[0].children[0], nil
		}
	}
}

func (r *xmlReader) top() *xmlNode { return r.open[len(r.open)-1] }

// until cuts off what stands before end.
func (r *xmlReader) until(end string) (string, error) {
	before, after, found := strings.Cut(r.rest, end)
	if !found {
		return "", errXMLEnd
	}
	r.rest = after
	return before, nil
}

// markup reads what begins with a <, which is cut off already.
func (r *xmlReader) markup() error {
	switch {
	case strings.HasPrefix(r.rest, "!--"):
		r.rest = r.rest[3:]
		_, err := r.until("-->")
		return err
	case strings.HasPrefix(r.rest, "![CDATA["):
		r.rest = r.rest[8:]
		data, err := r.until("]]>")
		r.top().text.WriteString(data)
		return err
	case strings.HasPrefix(r.rest, "!"):
		return r.documentType()
	case strings.HasPrefix(r.rest, "?"):
		instruction, err := r.until("?>")
		if err != nil {
			return err
		}
		return checkDeclaration(instruction)
	}
	inside, err := r.tag()
	if err != nil {
		return err
	}
	if name, end := strings.CutPrefix(inside, "/"); end {
		if n := r.top(); len(r.open) == 1 || local(strings.TrimSpace(name)) != n.name {
			return fmt.Errorf("</%s> ends what did not begin", strings.TrimSpace(name))
		}
		r.close()
		return nil
	}
	inside, closed := strings.CutSuffix(inside, "/")
	name := inside
	if at := strings.IndexAny(inside, " \t\r\n"); at >= 0 {
		name = inside[:at]
	}
	if name == "" || strings.ContainsAny(name, `<>&"'=/`) || len(r.open) > maxXMLDepth {
		return fmt.Errorf("<%s is no element", name)
	}
	n := &xmlNode{name: local(name)}
	if n.attrs, err = xmlAttrs(inside[len(name):]); err != nil {
		return fmt.Errorf("<%s>: %w", name, err)
	}
	r.top().children = append(r.top().children, n)
	r.open = append(r.open, n)
	if closed {
		r.close()
	}
	return nil
}

// close ends the element that is open.
func (r *xmlReader) close() {
	n := r.top()
	r.open = r.open[:len(r.open)-1]
	if len(r.open) == 2 && r.each != nil && r.each(n) {
		parent := r.top()
		parent.children = parent.children[:len(parent.children)-1]
	}
}

// xmlAttrs reads name="value" pairs.
func xmlAttrs(text string) (attrs map[string]string, err error) {
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		if text == "" {
			return attrs, nil
		}
		name, rest, ok := strings.Cut(text, "=")
		name, rest = strings.TrimRight(name, " \t\r\n"), strings.TrimLeft(rest, " \t\r\n")
		if !ok || name == "" || strings.ContainsAny(name, "\"'<>& \t\r\n") || rest == "" || rest[0] != '"' && rest[0] != '\'' {
			return nil, errors.New("an attribute is not written as name=\"value\"")
		}
		value, after, ok := strings.Cut(rest[1:], rest[:1])
		if !ok || after != "" && !strings.ContainsAny(after[:1], " \t\r\n") {
			return nil, errors.New("an attribute is not written as name=\"value\"")
		}
		if attrs == nil {
			attrs = map[string]string{}
		}
		if _, twice := attrs[local(name)]; twice {
			return nil, fmt.Errorf("the attribute %.40s stands there twice", name)
		}
		var out strings.Builder
		if err := xmlUnescape(&out, value); err != nil {
			return nil, err
		}
		attrs[local(name)], text = out.String(), after
	}
}

// tag reads up to the > of a tag; one inside quotes is an attribute's.
func (r *xmlReader) tag() (string, error) {
	quote := byte(0)
	for i := range len(r.rest) {
		switch c := r.rest[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return "", errors.New("a < stands inside of a tag")
		case c == '>':
			inside := r.rest[:i]
			r.rest = r.rest[i+1:]
			return inside, nil
		}
	}
	return "", errXMLEnd
}

// documentType passes over <!DOCTYPE ...> with what is in its brackets.
func (r *xmlReader) documentType() error {
	depth := 1
	for i := range len(r.rest) {
		switch r.rest[i] {
		case '<':
			depth++
		case '>':
			if depth--; depth == 0 {
				r.rest = r.rest[i+1:]
				return nil
			}
		}
	}
	return errXMLEnd
}

// checkDeclaration refuses character sets that the text was not decoded from.
func checkDeclaration(instruction string) error {
	rest, ok := strings.CutPrefix(instruction, "?xml ")
	_, value, named := strings.Cut(rest, "encoding")
	value = strings.TrimLeft(value, " =\t")
	if !ok || !named || value == "" {
		return nil
	}
	charset, _, _ := strings.Cut(value[1:], value[:1])
	switch strings.ToLower(charset) {
	case "utf-8", "utf8", "us-ascii", "ascii", "utf-16", "euc-kr", "cp949", "ks_c_5601-1987":
		return nil // labelText has decoded it
	}
	return fmt.Errorf("the character set %q is not read; write the file as UTF-8", charset)
}

func local(name string) string { return name[strings.LastIndexByte(name, ':')+1:] }

var xmlEntities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

// characters adds text to the element that is open.
func (r *xmlReader) characters(text string) error { return xmlUnescape(&r.top().text, text) }

// xmlUnescape writes text without its entities.
func xmlUnescape(out *strings.Builder, text string) error {
	if !utf8.ValidString(text) {
		return errors.New("it is not UTF-8")
	}
	for _, c := range text {
		if (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0xFFFE || c == 0xFFFF {
			return fmt.Errorf("the character %U is not allowed", c)
		}
	}
	for {
		before, after, found := strings.Cut(text, "&")
		out.WriteString(before)
		if !found {
			return nil
		}
		name, rest, ended := strings.Cut(after, ";")
		c, known := xmlEntities[name]
		if number, is := strings.CutPrefix(name, "#"); is && ended {
			c, known = xmlNumber(number)
		}
		if !ended || !known {
			return fmt.Errorf("&%.20s is not known", name)
		}
		out.WriteString(c)
		text = rest
	}
}

// xmlNumber gives the character of &#65; or &#x41;.
func xmlNumber(number string) (string, bool) {
	base := 10
	if hex, is := strings.CutPrefix(number, "x"); is {
		number, base = hex, 16
	}
	v, err := strconv.ParseUint(number, base, 32)
	if err != nil || v > utf8.MaxRune || !utf8.ValidRune(rune(v)) || (v < ' ' && v != '\t' && v != '\n' && v != '\r') {
		return "", false
	}
	return string(rune(v)), true
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;")

// xmlText writes s as the text of an element. What XML cannot hold becomes U+FFFD.
func xmlText(s string) string {
	return xmlEscapes.Replace(strings.Map(func(c rune) rune {
		if (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0xFFFE || c == 0xFFFF {
			return utf8.RuneError
		}
		return c
	}, s))
}
