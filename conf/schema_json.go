package conf

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// AppendJSONSchema appends the schema as a JSON Schema object (draft 2020-12),
// without "$schema" and "$id", so that it can stand inside a larger one.
// consts are further properties with one fixed value, such as the unit's type.
func (s Schema) AppendJSONSchema(dst []byte, consts map[string]string) []byte {
	o := s.object()
	props := o["properties"].(map[string]any)
	required, _ := o["required"].([]string)
	for _, name := range sortedKeys(consts) {
		props[name] = map[string]any{"const": consts[name]}
		required = append(required, name)
	}
	if len(required) > 0 {
		o["required"] = required
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(o); err != nil {
		return dst // maps of strings, numbers and truth values always encode
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}

func (s Schema) object() map[string]any {
	props := map[string]any{}
	var required []string
	for _, k := range s.Keys {
		props[k.Name] = k.schema()
		for _, a := range k.Aliases {
			old := k.schema()
			old["deprecated"] = true
			props[a] = old
		}
		if k.Required {
			required = append(required, k.Name)
		}
	}
	o := map[string]any{"type": "object", "properties": props, "additionalProperties": false}
	if len(required) > 0 {
		o["required"] = required
	}
	describeInto(o, s.Doc)
	return o
}

func (k Key) schema() map[string]any {
	one := k.single()
	o := one
	switch k.Shape {
	case Many:
		o = map[string]any{"type": "array", "items": one}
		if k.OneMany {
			o = map[string]any{"anyOf": []any{one, o}}
		}
	case Named:
		o = map[string]any{"type": "object", "additionalProperties": one}
	}
	doc := k.Doc
	if k.Notice != "" {
		o["deprecated"] = true
		doc = k.Notice
	}
	describeInto(o, doc)
	if k.Default != "" {
		o["default"] = jsonDefault(k.Default)
	}
	if k.Secret {
		o["writeOnly"] = true
	}
	return o
}

// single describes the value, or each element.
func (k Key) single() map[string]any {
	if k.Inside != nil {
		return k.Inside.object()
	}
	o := map[string]any{}
	if k.Base != "" {
		o["type"] = k.Base
	}
	switch {
	case k.Unit != "" && k.Base == "integer":
		o["type"] = []string{"integer", "string"}
	case k.Unit != "" && k.Base == "string":
		o["type"] = []string{"string", "number"}
	case k.Octets:
		byteValue := map[string]any{"type": "integer", "minimum": 0, "maximum": 255}
		return map[string]any{"anyOf": []any{o, map[string]any{"type": "array", "items": byteValue, "minItems": 4, "maxItems": 4}}}
	}
	if len(k.Enum) > 0 {
		o["enum"] = k.enumValues()
	}
	if k.Base == "integer" || k.Base == "number" {
		limit(o, "minimum", k.Low, k.Unit)
		limit(o, "maximum", k.High, k.Unit)
	}
	return o
}

func (k Key) enumValues() []any {
	var list []any
	for _, w := range k.Enum {
		if x, err := parseInt(w); err == nil && k.Base == "integer" {
			list = append(list, x)
			continue
		}
		list = append(list, w)
	}
	return list
}

func limit(o map[string]any, name, text, unit string) {
	if text == "" {
		return
	}
	if unit == "bytes" {
		if x, err := ParseSize(text); err == nil {
			o[name] = x
		}
		return
	}
	if x, err := strconv.ParseFloat(text, 64); err == nil {
		o[name] = json.Number(strconv.FormatFloat(x, 'f', -1, 64))
	}
}

// jsonDefault turns a default as TOML has it into JSON. The two agree for what
// defaults can be: basic strings, numbers, truth values and lists of them.
func jsonDefault(s string) any {
	var v any
	d := json.NewDecoder(bytes.NewReader([]byte(s)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return s
	}
	return v
}

func describeInto(o map[string]any, doc string) {
	if doc != "" {
		o["description"] = doc
	}
}
