package openapi

import (
	"reflect"
	"strings"
	"time"
)

// object is a JSON object. encoding/json writes its members in order, so that a document is always the same bytes.
type object map[string]any

// builder makes schemas of Go types and gathers those that have a name.
type builder struct {
	words   words
	schemas object
}

// content gives the media types of a body, with the schema of each. needs are the fields without which a request is refused.
func (b *builder) content(v any, needs string, request bool) object {
	if media, ok := v.(File); ok {
		out := object{}
		for kind := range strings.FieldsSeq(string(media)) {
			out[kind] = object{}
		}
		return out
	}
	schema := b.schema(reflect.TypeOf(v), request)
	if needs != "" {
		schema["required"] = strings.Fields(needs)
	}
	return object{"application/json": object{"schema": schema}}
}

var timeType = reflect.TypeFor[time.Time]()

// schema describes values of t as encoding/json writes them, or (request) reads them.
func (b *builder) schema(t reflect.Type, request bool) object {
	if t == timeType {
		return object{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.String:
		return b.text(t)
	case reflect.Pointer:
		return b.schema(t.Elem(), request)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return object{"type": "string", "contentEncoding": "base64"}
		}
		return object{"type": orNull("array", request), "items": b.schema(t.Elem(), request)}
	case reflect.Map:
		return object{"type": orNull("object", request), "additionalProperties": b.schema(t.Elem(), request)}
	case reflect.Struct:
		return b.structure(t, request)
	case reflect.Interface:
		return object{}
	}
	return object{"type": "integer"}
}

// orNull lets requests say null for a list or map with nothing in it. Answers do not.
func orNull(kind string, request bool) any {
	if request {
		return []string{kind, "null"}
	}
	return kind
}

// text describes a string. Where its type has constants, there are no other values.
func (b *builder) text(t reflect.Type) object {
	known := b.words.constants[t.Name()]
	if t.PkgPath() == "" || len(known) == 0 {
		return object{"type": "string"}
	}
	if _, made := b.schemas[t.Name()]; !made {
		values, lines := make([]string, len(known)), []string{b.words.types[t.Name()]}
		for i, c := range known {
			values[i] = c.value
			if c.comment != "" {
				lines = append(lines, "- `"+c.value+"`: "+c.comment)
			}
		}
		b.schemas[t.Name()] = described(object{"type": "string", "enum": values}, strings.Join(lines, "\n"))
	}
	return reference(t.Name())
}

func reference(name string) object { return object{"$ref": "#/components/schemas/" + name} }

func described(o object, text string) object {
	if text = strings.TrimSpace(text); text != "" {
		o["description"] = text
	}
	return o
}

// structure describes a struct: by a reference where it has a name. Answers always have the fields that are not left out when
// empty; in a request what is not sent is zero, and what the type has not is refused, so that requests have schemas of
// their own, of the name with Input behind it.
func (b *builder) structure(t reflect.Type, request bool) object {
	name := t.Name()
	if name == "" {
		return b.fields(t, request)
	}
	if request {
		name += "Input"
	}
	if _, made := b.schemas[name]; !made {
		b.schemas[name] = object{} // a type may hold itself
		b.schemas[name] = described(b.fields(t, request), b.words.types[t.Name()])
	}
	return reference(name)
}

func (b *builder) fields(t reflect.Type, request bool) object {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		schema := b.schema(f.Type, request)
		always := !strings.Contains(options, "omit")
		if f.Type.Kind() == reflect.Pointer && always {
			schema = object{"anyOf": []object{schema, {"type": "null"}}}
		}
		properties[name] = described(schema, b.words.fields[t.Name()+"."+f.Name])
		if always && !request {
			required = append(required, name)
		}
	}
	out := object{"type": "object", "properties": properties}
	if request {
		out["additionalProperties"] = false
	}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}
