package openapi

import "github.com/irum-app/irum/server/once"

// pathWords say what the placeholders of paths are.
var pathWords = map[string]string{
	"asset": "Id of an image.", "change": "Id of a change of the project.", "clustering": "Id of a grouping.", "comment": "Id of a comment.", "export": "Id of a snapshot.",
	"filter": "Id of a kept filter.", "import": "Id of an import.", "invitation": "Id of an invitation.", "job": "Id of a job.",
	"model": "Id of a model.", "project": "Id of a project.", "sample": "Id of a sample, as capabilities tell.", "session": "Id of a session.",
	"token": "Id of a token.", "user": "Id of a person.", "workspace": "Id of a workspace.",
}

// queryWords say what parameters behind ? are.
var queryWords = map[string]string{
	"before":         "Number of the entry where the page before ended.",
	"class":          "Class that the label holds; one of several.",
	"code":           "What the sign-in provider gives for the person, once.",
	"comments":       "`open` for images with a thread that nobody has resolved, `any` for those with any comment.",
	"cursor":         "Where the page begins, as the page before told it.",
	"error":          "Why the sign-in provider gives no code.",
	"exact":          "The classes alone, without those under them: true or false.",
	"flag":           "Flag of the label, empty for none; one of several.",
	"format":         "Format of the file.",
	"ids":            "Id of an image; one of several.",
	"import":         "Id of an import.",
	"issue":          "What may be wrong with the image, at the limits of the project: blurred, dark, bright, blank, tiny, narrow or duplicate. Of a filter: one of several.",
	"judged":         "Whether it is told what a head says: true or false.",
	"kind":           "What lines: refused or notes.",
	"limit":          "How many are given at most.",
	"max_confidence": "Greatest confidence of a model's label.",
	"min_confidence": "Least confidence of a model's label.",
	"model":          "Model that gave the label.",
	"name":           "What it is to be called.",
	"offset":         "How many are left out at the beginning.",
	"path":           "Path of the file, as it was dropped.",
	"sort":           "Order: created, name, uncertain, uncertainty, disagreement, similarity or useful.",
	"source":         "Who gave the label; one of several. Of a backbone: where it came from.",
	"state":          "State of the label; one of several. Of a sign-in: what its beginning gave.",
	"text":           "Part of the image's name.",
	"to":             "Image that others are compared with in the order similarity.",
	"verdict":        "Verdict on the label, empty for none; one of several.",
	"voc":            "Dialect of Pascal VOC: one (pixels count from 1) or zero; that of the project where nothing is said.",
	"workspace":      "Id of the workspace; the caller's first one where none is named.",
	"zone":           "Time zone of the reader, in minutes east of UTC.",
}

// queryTypes are the parameters that are no text, and those that may be given several times.
var queryTypes = map[string]object{
	"before": {"type": "integer"}, "exact": {"type": "boolean"}, "limit": {"type": "integer"}, "offset": {"type": "integer"}, "zone": {"type": "integer"},
	"min_confidence": {"type": "number"}, "max_confidence": {"type": "number"},
	"ids": texts, "class": texts, "state": texts, "source": texts, "flag": texts, "verdict": texts,
}

var texts = object{"type": "array", "items": object{"type": "string"}}

func queryParameter(name string) object {
	schema := queryTypes[name]
	if schema == nil {
		schema = object{"type": "string"}
	}
	return object{"name": name, "in": "query", "description": queryWords[name], "schema": schema}
}

// headers are what requests may say beside their bodies.
var headers = object{
	"IfNoneMatch": object{
		"name": "If-None-Match", "in": "header", "schema": object{"type": "string"},
		"description": "ETags that the client has: where one is still good the answer is 304, without a body.",
	},
	"IfMatch": object{
		"name": "If-Match", "in": "header", "schema": object{"type": "string"},
		"description": "The ETag that was read, or the rev in quotes: where somebody else was faster nothing is changed, and the answer is 412.",
	},
	"IdempotencyKey": object{
		"name": once.Header, "in": "header", "schema": object{"type": "string", "minLength": 1, "maxLength": 200},
		"description": "Makes it safe to send a request again: for 24 hours the same key with the same request gets the first answer, with the header " +
			once.Replayed + ", and nothing is done twice. With another request it is refused (422); while the first is being done the answer is 409. " +
			"Refusals are not kept.",
	},
}
