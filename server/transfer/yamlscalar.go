package transfer

import (
	"strconv"
	"strings"
)

// scalar reads a quoted or plain scalar; outside of brackets its further lines are indented by more than parent.
func (p *yamlText) scalar(parent int, flow bool) string {
	switch {
	case p.at("'"):
		return p.single()
	case p.at(`"`):
		return p.double()
	case !p.plainStart(flow):
		p.fail("no name or number begins with %q; put it in quotes", string(p.char(0)))
		return ""
	}
	var text strings.Builder
	for {
		text.WriteString(p.plainLine(flow))
		if p.char(0) != '\n' || p.pos >= len(p.s) {
			return text.String()
		}
		lines := p.space()
		if p.end() || p.at("#") || !flow && p.col() <= parent || flow && (p.at(",[]{}") || p.plainColon(true)) {
			return text.String()
		}
		if !flow {
			p.indented()
		}
		text.WriteString(folded(lines))
	}
}

// plainStart tells whether a plain scalar can begin here.
func (p *yamlText) plainStart(flow bool) bool {
	if p.at("-?:") {
		next := p.char(1)
		return !yamlSpace(next) && !(flow && strings.IndexByte(",[]{}", next) >= 0)
	}
	return !p.end() && !p.at(",[]{}#&*!|>'\"%@`")
}

// plainColon tells whether this is a colon that ends a plain scalar.
func (p *yamlText) plainColon(flow bool) bool {
	return p.sign(':') || flow && p.at(":") && strings.IndexByte(",[]{}", p.char(1)) >= 0
}

// plainLine reads a plain scalar up to its end in this line.
func (p *yamlText) plainLine(flow bool) string {
	start := p.pos
	for p.char(0) != '\n' && !p.plainColon(flow) && !(flow && p.at(",[]{}")) && !(p.at("#") && p.pos > start && yamlSpace(p.s[p.pos-1])) {
		p.pos++
	}
	return strings.TrimRight(p.s[start:p.pos], " \t")
}

// folded is what stands for the ends of so many lines: a space for one.
func folded(lines int) string {
	if lines == 1 {
		return " "
	}
	return strings.Repeat("\n", max(lines-1, 0))
}

// quotedLines folds the line ends that p stands at, inside of quotes.
func (p *yamlText) quotedLines(text []byte) []byte {
	for len(text) > 0 && (text[len(text)-1] == ' ' || text[len(text)-1] == '\t') {
		text = text[:len(text)-1]
	}
	return append(text, folded(p.space())...)
}

func (p *yamlText) single() string {
	line := p.line
	var text []byte
	for p.pos++; p.pos < len(p.s); {
		switch {
		case p.at("'") && p.char(1) == '\'':
			text = append(text, '\'')
			p.pos += 2
		case p.at("'"):
			p.pos++
			return string(text)
		case p.at("\n"):
			text = p.quotedLines(text)
		default:
			text = append(text, p.s[p.pos])
			p.pos++
		}
	}
	p.fail("the quote that begins in line %d is not closed", line)
	return ""
}

func (p *yamlText) double() string {
	line := p.line
	var text []byte
	for p.pos++; p.pos < len(p.s); {
		switch {
		case p.at(`\`):
			p.pos++
			text = append(text, p.escape()...)
		case p.at(`"`):
			p.pos++
			return string(text)
		case p.at("\n"):
			text = p.quotedLines(text)
		default:
			text = append(text, p.s[p.pos])
			p.pos++
		}
	}
	p.fail("the quote that begins in line %d is not closed", line)
	return ""
}

var yamlEscapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b", ' ': " ",
	'"': `"`, '/': "/", '\\': `\`, 'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

// escape reads what follows a backslash.
func (p *yamlText) escape() string {
	if p.at("\n") { // the line goes on
		p.newline()
		for p.at(" \t") {
			p.pos++
		}
		return ""
	}
	c := p.char(0)
	if text, ok := yamlEscapes[c]; ok {
		p.pos++
		return text
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	if digits > 0 && p.pos+1+digits <= len(p.s) {
		if code, err := strconv.ParseUint(p.s[p.pos+1:p.pos+1+digits], 16, 32); err == nil && code <= 0x10ffff {
			p.pos += 1 + digits
			return string(rune(code))
		}
	}
	p.fail(`\%c is no escape; write \\ for a backslash, or use single quotes`, c)
	return ""
}

// literal reads the lines after | or > that are indented by more than parent.
func (p *yamlText) literal(parent int) string {
	join := "\n"
	if p.at(">") {
		join = " "
	}
	p.pos++
	indent := 0 // columns of the text; 0 until its first line tells
	for p.at("+-123456789") {
		if !p.at("+-") {
			indent = max(parent, 0) + int(p.char(0)-'0')
		}
		p.pos++
	}
	if header := strings.TrimSpace(p.restOfLine()); header != "" && header[0] != '#' {
		p.fail("text goes on in the line after | or >")
	}
	var lines []string
	for p.at("\n") {
		p.newline()
		for p.at(" ") && (indent == 0 || p.col() < indent) {
			p.pos++
		}
		switch {
		case p.at("\n"):
			lines = append(lines, "")
			continue
		case p.end() || p.col() <= parent || p.col() < indent:
			return strings.TrimRight(strings.Join(lines, join), " \n")
		}
		indent = p.col()
		lines = append(lines, p.restOfLine())
	}
	return strings.TrimRight(strings.Join(lines, join), " \n")
}
