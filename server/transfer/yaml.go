package transfer

import (
	"fmt"
	"strings"
)

// A reader of the YAML that data.yaml of YOLO is written in: maps, lists and scalars, in block and in flow style, with
// quotes and comments. A full YAML library would be a thirtieth of app.wasm. Anchors and tags are passed over, an alias
// is a node without contents, and of several documents the first counts.
type yamlNode struct {
	kind  yamlKind
	line  int // from 1
	text  string
	items []*yamlNode // of a map: key, value, key, value
}

type yamlKind int

const (
	yamlAlias yamlKind = iota
	yamlScalar
	yamlList
	yamlMap
)

const yamlDepth = 100

// yamlText is where a parser stands. After fail it stands at the end, so that all loops end.
type yamlText struct {
	s         string
	pos       int
	line      int // from 1
	lineStart int
	depth     int
	err       error
}

// parseYAML gives the first document's root.
func parseYAML(text string) (*yamlNode, error) {
	text = strings.TrimPrefix(text, "\uFEFF")
	p := &yamlText{s: strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), line: 1}
	for p.blank(); p.col() == 0 && p.at("%"); p.blank() { // directives
		p.restOfLine()
	}
	if p.col() == 0 && p.marker() && p.at("-") {
		p.pos += 3
	}
	root := p.block(-1, true)
	if p.blank(); !p.end() {
		p.fail("what stands here does not belong to the lines before it; look at the indentation and the quotes")
	}
	return root, p.err
}

func (p *yamlText) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("line %d: %s", p.line, fmt.Sprintf(format, args...))
	}
	p.pos = len(p.s)
}

func (p *yamlText) col() int { return p.pos - p.lineStart }

// char is the byte n after the present one, a line's end after the last.
func (p *yamlText) char(n int) byte {
	if p.pos+n < len(p.s) {
		return p.s[p.pos+n]
	}
	return '\n'
}

func (p *yamlText) at(chars string) bool {
	return p.pos < len(p.s) && strings.IndexByte(chars, p.s[p.pos]) >= 0
}

func yamlSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

// sign tells whether c stands alone, as those of lists and maps do.
func (p *yamlText) sign(c byte) bool { return p.at(string(c)) && yamlSpace(p.char(1)) }

// marker tells whether a document starts or ends here.
func (p *yamlText) marker() bool {
	rest := p.s[p.pos:]
	return p.col() == 0 && (strings.HasPrefix(rest, "---") || strings.HasPrefix(rest, "...")) && yamlSpace(p.char(3))
}

func (p *yamlText) end() bool { return p.pos >= len(p.s) || p.marker() }

// newline steps over a line's end.
func (p *yamlText) newline() {
	p.pos++
	p.line++
	p.lineStart = p.pos
}

func (p *yamlText) restOfLine() string {
	rest, _, _ := strings.Cut(p.s[p.pos:], "\n")
	p.pos += len(rest)
	return rest
}

// space steps over space and line ends, and tells how many of these.
func (p *yamlText) space() (lines int) {
	for ; p.at(" \t\n"); lines++ {
		if !p.at("\n") {
			p.pos++
			lines--
			continue
		}
		p.newline()
	}
	return lines
}

// blank steps over space and comments.
func (p *yamlText) blank() {
	for p.space(); p.at("#") && (p.col() == 0 || yamlSpace(p.s[p.pos-1])); p.space() {
		p.restOfLine()
	}
}

// indented checks that no tab stands before the first word of a line.
func (p *yamlText) indented() {
	if strings.ContainsRune(p.s[p.lineStart:p.pos], '\t') && strings.TrimSpace(p.s[p.lineStart:p.pos]) == "" {
		p.fail("a tab indents it; use spaces")
	}
}

// deeper guards the stack. Every call needs one of shallower.
func (p *yamlText) deeper() {
	if p.depth++; p.depth > yamlDepth {
		p.fail("the nesting is deeper than %d levels", yamlDepth)
	}
}

func (p *yamlText) shallower() { p.depth-- }

// properties steps over anchors and tags.
func (p *yamlText) properties() {
	for p.blank(); p.at("&!"); p.blank() {
		for !yamlSpace(p.char(0)) && !p.at(",[]{}") {
			p.pos++
		}
	}
}

// block reads a node that is indented by more than parent. nests tells that a list or a map may begin on this very line.
func (p *yamlText) block(parent int, nests bool) *yamlNode {
	p.deeper()
	defer p.shallower()
	line := p.line
	p.properties()
	node := &yamlNode{kind: yamlScalar, line: p.line}
	if p.end() || p.col() <= parent {
		return node
	}
	p.indented()
	nests = nests || p.line > line
	col, line := p.col(), p.line
	switch {
	case p.sign('-') && nests:
		return p.list(col)
	case p.at("|>"):
		node.text = p.literal(parent)
		return node
	case p.at("[{"):
		node = p.flow()
	case p.at("*"):
		node.kind = yamlAlias
		for !yamlSpace(p.char(0)) {
			p.pos++
		}
	default:
		node.text = p.scalar(parent, false)
	}
	if nests && p.line == line && p.colon() {
		return p.entries(col, node)
	}
	return node
}

// list reads a block list whose dashes stand in column col.
func (p *yamlText) list(col int) *yamlNode {
	node := &yamlNode{kind: yamlList, line: p.line}
	for !p.end() && p.col() == col && p.sign('-') {
		if p.indented(); p.err != nil {
			break
		}
		p.pos++
		node.items = append(node.items, p.block(col, true))
		p.blank()
	}
	p.dedented(col)
	return node
}

// entries reads a block map whose keys stand in column col, from the colon after its first key on.
func (p *yamlText) entries(col int, key *yamlNode) *yamlNode {
	node := &yamlNode{kind: yamlMap, line: key.line}
	for {
		p.pos++
		node.items = append(node.items, key, p.entry(col))
		p.blank()
		if p.end() || p.col() != col {
			p.dedented(col)
			return node
		}
		p.indented()
		line := p.line
		key = &yamlNode{kind: yamlScalar, line: line, text: p.scalar(col-1, false)}
		if p.line != line || !p.colon() {
			p.fail("a key followed by a colon and a space is expected")
			return node
		}
	}
}

// entry reads what stands after a key's colon. A list's dashes may stand as far left as the key.
func (p *yamlText) entry(col int) *yamlNode {
	line := p.line
	p.properties()
	if !p.end() && p.line > line && p.col() == col && p.sign('-') {
		return p.list(col)
	}
	return p.block(col, p.line > line)
}

// dedented checks that what follows a block is no part of it.
func (p *yamlText) dedented(col int) {
	if !p.end() && p.col() > col {
		p.fail("what stands here does not belong to the lines before it; look at the indentation and the quotes")
	}
}

// colon goes to the colon after a key, if there is one on this line.
func (p *yamlText) colon() bool {
	for p.at(" \t") {
		p.pos++
	}
	return p.sign(':')
}

// flow reads a list in brackets, a map in braces, or a scalar inside of them.
func (p *yamlText) flow() *yamlNode {
	p.deeper()
	defer p.shallower()
	p.properties()
	node := &yamlNode{kind: yamlScalar, line: p.line}
	switch {
	case p.at("["):
		node.kind = yamlList
		p.members(node, ']')
	case p.at("{"):
		node.kind = yamlMap
		p.members(node, '}')
	case p.at("*"):
		node.kind = yamlAlias
		for !yamlSpace(p.char(0)) && !p.at(",[]{}") {
			p.pos++
		}
	case p.pos >= len(p.s), p.at(",]}:") && !p.plainStart(true): // nothing
	default:
		node.text = p.scalar(-1, true)
	}
	return node
}

// members reads what stands between brackets or braces.
func (p *yamlText) members(node *yamlNode, last byte) {
	line := p.line
	p.pos++
	for p.blank(); !p.at(string(last)); p.blank() {
		if p.pos >= len(p.s) {
			p.fail("the %s that closes line %d is missing", string(last), line)
			return
		}
		if p.at(",") {
			p.fail("nothing stands before the comma")
			return
		}
		node.items = append(node.items, p.flow())
		p.blank()
		if node.kind == yamlMap {
			value := &yamlNode{kind: yamlScalar, line: p.line}
			if p.at(":") {
				p.pos++
				value = p.flow()
				p.blank()
			}
			node.items = append(node.items, value)
		}
		if p.at(",") {
			p.pos++
		} else if p.pos < len(p.s) && !p.at(string(last)) {
			p.fail("a comma or %s is expected, for the list or map that begins in line %d", string(last), line)
			return
		}
	}
	p.pos++
}
