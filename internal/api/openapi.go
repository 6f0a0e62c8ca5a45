package api

import (
	"net/http"
	"strings"
)

type object = map[string]any

// openapi describes the endpoints (OpenAPI 3.1), from the table that checks
// requests.
func (a *API) openapi(w http.ResponseWriter, _ *http.Request) {
	paths := map[string]object{}
	for _, e := range a.list {
		if paths[e.path] == nil {
			paths[e.path] = object{}
		}
		paths[e.path][strings.ToLower(e.method)] = e.describe()
	}
	writeJSON(w, object{
		"openapi": "3.1.0",
		"info":    object{"title": "Rotonda", "version": a.opt.Version, "description": "Routes, peers and state of a running Rotonda."},
		"paths":   paths,
		"components": object{"schemas": object{"problem": object{
			"type": "object", "description": "a problem detail (RFC 9457)",
			"properties": object{
				"type": text(""), "title": text(""), "detail": text("what is wrong"), "status": object{"type": "integer"},
				"parameter": text("the parameter that was wrong"), "right": text("what would be right"),
			},
		}}},
	})
}

func text(about string) object {
	o := object{"type": "string"}
	if about != "" {
		o["description"] = about
	}
	return o
}

func (e *endpoint) describe() object {
	params := []object{}
	for _, part := range strings.Split(e.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			params = append(params, object{"name": strings.TrimSuffix(name, "}"), "in": "path", "required": true, "schema": text("")})
		}
	}
	for i := range e.params {
		p := &e.params[i]
		params = append(params, p.describe(p.name, p.about))
		if p.alias != "" {
			params = append(params, p.describe(p.alias, "upstream's name of "+p.name))
		}
	}
	problems := object{"description": "a problem", "content": object{
		"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/problem"}},
	}}
	content := object{e.answer: object{}}
	if e.id == "routes" {
		content["application/jsonl"] = object{}
		content[mrtType] = object{}
	}
	return object{
		"operationId": e.id, "summary": e.about, "parameters": params,
		"responses": object{"200": object{"description": "the answer", "content": content}, "default": problems},
	}
}

func (p *param) describe(name, about string) object {
	schema := object{"type": p.kind}
	if len(p.enum) > 0 {
		schema["enum"] = p.enum
	}
	o := object{"name": name, "in": "query", "description": about, "schema": schema}
	if p.list {
		items := schema
		o["schema"] = object{"type": "array", "items": items}
		o["style"], o["explode"] = "form", false
	}
	return o
}
