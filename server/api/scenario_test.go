package api_test

import (
	"strings"
	"testing"

	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// reads change nothing, so that all run over one host.
var reads = []scenario{
	{name: "capabilities", method: "GET", path: "/capabilities", status: 200, contains: []string{`"host":"server"`, `"version":"test"`, `"training":["head"]`, `"tasks":["single","multi","boxes"]`, `"max_upload":1048576`, `"samples":[]`, `"backbone_formats":["onnx","tflite"]`}},
	{name: "credits", method: "GET", path: "/credits", status: 200, contains: []string{`"balance":1000`, `"kind":"grant"`}},
	{name: "projects, newest first", method: "GET", path: "/projects", status: 200, contains: []string{`[{"id":"{boxes}"`, `"name":"Tags"`, `"name":"Colours"`}},
	{name: "project", method: "GET", path: "/projects/{single}", status: 200, contains: []string{`"counts":{"assets":4,"unlabelled":3,"labelled":1`, `"id":"red"`, `"archived":true`}},
	{name: "no project", method: "GET", path: "/projects/nothing", status: 404, contains: []string{`"code":"not_found"`}},
	{name: "no project's assets", method: "GET", path: "/projects/nothing/assets", status: 404},
	{name: "no project's ids", method: "GET", path: "/projects/nothing/asset-ids", status: 404},
	{name: "no project's exports", method: "GET", path: "/projects/nothing/exports", status: 404},
	{name: "no project's models", method: "GET", path: "/projects/nothing/models", status: 404},
	{name: "no project's jobs", method: "GET", path: "/projects/nothing/jobs", status: 404},

	{name: "assets", method: "GET", path: "/projects/{single}/assets?sort=name", status: 200, contains: []string{`"items":[{"id":"{green0}"`, `"total":4`}, lacks: []string{"next_cursor", "{tagged}"}},
	{name: "a page", method: "GET", path: "/projects/{single}/assets?sort=name&limit=1", status: 200, contains: []string{`"next_cursor":`, "{green0}"}, lacks: []string{"{green1}"}},
	{name: "assets by state", method: "GET", path: "/projects/{single}/assets?state=labelled&state=skipped", status: 200, contains: []string{"{red0}", `"total":1`}},
	{name: "assets by class", method: "GET", path: "/projects/{single}/assets?class=red", status: 200, contains: []string{"{red0}", `"total":1`}},
	{name: "assets by source", method: "GET", path: "/projects/{single}/assets?source=human", status: 200, contains: []string{"{red0}", `"total":1`}},
	{name: "assets by flag", method: "GET", path: "/projects/{single}/assets?flag=unsure&flag=bad", status: 200, contains: []string{`"total":0`}},
	{name: "assets without a flag", method: "GET", path: "/projects/{single}/asset-ids?flag=", status: 200, contains: []string{"{red0}"}},
	{name: "unknown flag", method: "GET", path: "/projects/{single}/assets?flag=blue", status: 422, contains: []string{`"field":"flag"`}},
	{name: "assets with comments", method: "GET", path: "/projects/{single}/assets?comments=open", status: 200, contains: []string{`"total":0`}},
	{name: "unknown comments", method: "GET", path: "/projects/{single}/assets?comments=some", status: 422, contains: []string{`"field":"comments"`}},
	{name: "no comments", method: "GET", path: "/projects/{single}/assets/{red0}/comments", status: 200, contains: []string{"[]"}},
	{name: "comments of another project", method: "GET", path: "/projects/{multi}/assets/{red0}/comments", status: 404},
	{name: "a comment of nothing", method: "POST", path: "/projects/{single}/assets/{red0}/comments", body: `{"text":"  "}`, status: 422, contains: []string{`"field":"text"`}},
	{name: "a comment in no thread", method: "POST", path: "/projects/{single}/assets/{red0}/comments", body: `{"text":"x","thread":"y"}`, status: 404, contains: []string{`"field":"thread"`}},
	{name: "a comment of another project", method: "POST", path: "/projects/{multi}/assets/{red0}/comments", body: `{"text":"x"}`, status: 404},
	{name: "no comment to edit", method: "PUT", path: "/projects/{single}/comments/none", body: `{"text":"x"}`, status: 404},
	{name: "no comment to resolve", method: "POST", path: "/projects/{single}/comments/none/resolve", body: `{"resolved":true}`, status: 404},
	{name: "no comment to delete", method: "DELETE", path: "/projects/{single}/comments/none", status: 404},
	{name: "assets by text", method: "GET", path: "/projects/{single}/assets?text=GREEN", status: 200, contains: []string{`"total":2`}},
	{name: "assets by id", method: "GET", path: "/projects/{single}/assets?ids={red0}&ids={green1}&ids={tagged}", status: 200, contains: []string{`"total":2`}},
	{name: "assets by confidence", method: "GET", path: "/projects/{single}/assets?min_confidence=0.5&max_confidence=1", status: 200, contains: []string{`"items":[]`, `"total":0`}},
	{name: "assets by model", method: "GET", path: "/projects/{single}/assets?model=m", status: 200, contains: []string{`"total":0`}},
	{name: "ids", method: "GET", path: "/projects/{single}/asset-ids?sort=name", status: 200, contains: []string{`["{green0}","{green1}","{red0}","{red1}"]`}},
	{name: "ids of nothing", method: "GET", path: "/projects/{single}/asset-ids?state=skipped", status: 200, contains: []string{"[]"}},
	{name: "unknown parameter", method: "GET", path: "/projects/{single}/assets?colour=red", status: 422, contains: []string{`"field":"colour"`}},
	{name: "unknown state", method: "GET", path: "/projects/{single}/assets?state=done", status: 422, contains: []string{`"field":"state"`, "done"}},
	{name: "unknown source", method: "GET", path: "/projects/{single}/assets?source=me", status: 422, contains: []string{`"field":"source"`}},
	{name: "unknown order", method: "GET", path: "/projects/{single}/assets?sort=size", status: 422, contains: []string{`"field":"sort"`}},
	{name: "no order of ids", method: "GET", path: "/projects/{single}/asset-ids?sort=size", status: 422},
	{name: "ids have no pages", method: "GET", path: "/projects/{single}/asset-ids?limit=2", status: 422, contains: []string{`"field":"limit"`}},
	{name: "limit too high", method: "GET", path: "/projects/{single}/assets?limit=501", status: 422, contains: []string{`"field":"limit"`}},
	{name: "limit no number", method: "GET", path: "/projects/{single}/assets?limit=all", status: 422},
	{name: "limit of none", method: "GET", path: "/projects/{single}/assets?limit=0", status: 422},
	{name: "limit twice", method: "GET", path: "/projects/{single}/assets?limit=1&limit=2", status: 422},
	{name: "confidence no number", method: "GET", path: "/projects/{single}/assets?min_confidence=high", status: 422, contains: []string{`"field":"min_confidence"`}},
	{name: "confidence out of range", method: "GET", path: "/projects/{single}/assets?max_confidence=1.5", status: 422, contains: []string{`"field":"max_confidence"`}},
	{name: "confidence NaN", method: "GET", path: "/projects/{single}/assets?min_confidence=NaN", status: 422},
	{name: "text too long", method: "GET", path: "/projects/{single}/assets?text=" + strings.Repeat("x", 1001), status: 422, contains: []string{`"field":"text"`}},
	{name: "bad cursor", method: "GET", path: "/projects/{single}/assets?cursor=garbage", status: 422, contains: []string{`"field":"cursor"`}},
	{name: "bad escape", method: "GET", path: "/projects/{single}/assets?text=%zz", status: 422},

	{name: "asset", method: "GET", path: "/projects/{single}/assets/{red0}", status: 200, contains: []string{`"name":"red0.png"`, `"width":32,"height":24`, `"state":"labelled"`, `"actor":"you"`}},
	{name: "asset of another project", method: "GET", path: "/projects/{multi}/assets/{red0}", status: 404},
	{name: "thumbnail of another project", method: "GET", path: "/projects/{multi}/assets/{red0}/thumb", status: 404},
	{name: "image of another project", method: "GET", path: "/projects/{multi}/assets/{red0}/image", status: 404},
	{name: "no asset", method: "GET", path: "/projects/{single}/assets/nothing", status: 404},

	{name: "no exports", method: "GET", path: "/projects/{single}/exports", status: 200, contains: []string{"[]"}},
	{name: "no models", method: "GET", path: "/projects/{single}/models", status: 200, contains: []string{"[]"}},
	{name: "no clusterings", method: "GET", path: "/projects/{single}/clusterings", status: 200, contains: []string{"[]"}},
	{name: "no project's clusterings", method: "GET", path: "/projects/nothing/clusterings", status: 404},
	{name: "no clustering", method: "GET", path: "/projects/{single}/clusterings/nothing", status: 404},
	{name: "cluster nothing", method: "POST", path: "/projects/nothing/cluster", body: `{"filter":{}}`, status: 404},
	{name: "cluster by magic", method: "POST", path: "/projects/{single}/cluster", body: `{"filter":{},"method":"magic"}`, status: 422, contains: []string{`"field":"method"`}},
	{name: "cluster into one", method: "POST", path: "/projects/{single}/cluster", body: `{"filter":{},"k":1}`, status: 422, contains: []string{`"field":"k"`}},
	{name: "cluster by a wrong filter", method: "POST", path: "/projects/{single}/cluster", body: `{"filter":{"state":["done"]}}`, status: 422, contains: []string{`"field":"filter.state"`}},
	{name: "more clusters than images", method: "POST", path: "/projects/{single}/cluster", body: `{"filter":{},"k":4}`, status: 422, contains: []string{`"field":"filter"`}},
	{name: "one image to cluster", method: "POST", path: "/projects/{multi}/cluster", body: `{"filter":{}}`, status: 422, contains: []string{`"field":"filter"`}},
	{name: "most useful images", method: "POST", path: "/projects/{single}/useful", body: `{}`, status: 200, contains: []string{`"items":[{`}},
	{name: "most useful images of no project", method: "POST", path: "/projects/nothing/useful", body: `{}`, status: 404},
	{name: "most useful images for boxes", method: "POST", path: "/projects/{boxes}/useful", body: `{}`, status: 415},
	{name: "what useful images saved", method: "GET", path: "/projects/{single}/saving", status: 200, contains: []string{`"known":false`, `"points":[]`}},
	{name: "what useful images saved of no project", method: "GET", path: "/projects/nothing/saving", status: 404},
	{name: "suggestions of too few labels", method: "POST", path: "/projects/{single}/suggestions", body: `{"assets":["{red1}"],"wait_ms":5000}`, status: 200, contains: []string{`"state":"too_few"`, `"missing":5`, `"items":[]`}},
	{name: "suggestions for boxes", method: "POST", path: "/projects/{boxes}/suggestions", body: `{}`, status: 200, contains: []string{`"state":"off"`, `"reason":"boxes"`}},
	{name: "no project's suggestions", method: "POST", path: "/projects/nothing/suggestions", body: `{}`, status: 404},
	{name: "suggestions that wait too long", method: "POST", path: "/projects/{single}/suggestions", body: `{"wait_ms":60000}`, status: 422, contains: []string{`"field":"wait_ms"`}},
	{name: "suggestions switched off", method: "PUT", path: "/projects/{multi}/suggestions", body: `{"on":false}`, status: 200},
	{name: "whether suggestions are on", method: "GET", path: "/projects/{single}/suggestions", status: 200, contains: []string{`"on":true`}},
	{name: "suggestions of no project", method: "GET", path: "/projects/nothing/suggestions", status: 404},
	{name: "suggestions that are off", method: "POST", path: "/projects/{multi}/suggestions", body: `{}`, status: 200, contains: []string{`"state":"off"`, `"reason":"switched_off"`}},
	{name: "nothing to switch off", method: "PUT", path: "/projects/nothing/suggestions", body: `{"on":false}`, status: 404},
	{name: "order by doubt without a head", method: "GET", path: "/projects/{single}/asset-ids?sort=uncertainty", status: 409, contains: []string{`"field":"sort"`}},
	{name: "order by likeness to nothing", method: "GET", path: "/projects/{single}/assets?sort=similarity", status: 422, contains: []string{`"field":"to"`}},
	{name: "order by likeness", method: "GET", path: "/projects/{single}/assets?sort=similarity&to={red1}&limit=1", status: 200, contains: []string{`"id":"{red1}"`, `"next_cursor"`, `"total":4`}},
	{name: "order by likeness, cursor of another list", method: "GET", path: "/projects/{single}/assets?sort=similarity&to={red1}&cursor=e30", status: 422, contains: []string{`"field":"cursor"`}},
	{name: "ids by likeness", method: "GET", path: "/projects/{single}/asset-ids?sort=similarity&to={red1}", status: 200, contains: []string{`["{red1}"`}},
	{name: "no jobs", method: "GET", path: "/projects/{single}/jobs", status: 200, contains: []string{"[]"}},
	{name: "no export to download", method: "GET", path: "/projects/{single}/exports/nothing/download?format=json", status: 404},
	{name: "no model", method: "GET", path: "/projects/{single}/models/nothing", status: 404},
	{name: "no model's file", method: "GET", path: "/projects/{single}/models/nothing/file", status: 404},
	{name: "analytics", method: "GET", path: "/projects/{single}/analytics?zone=540", status: 200, contains: []string{`"unit":"hour"`, `"people":1`, `"alone":{"labels":0`}, lacks: []string{"model"}},
	{name: "analytics of nothing", method: "GET", path: "/projects/nothing/analytics", status: 404},
	{name: "analytics nowhere", method: "GET", path: "/projects/{single}/analytics?zone=Seoul", status: 422, contains: []string{`"field":"zone"`}},
	{name: "no model's suspects", method: "GET", path: "/projects/{single}/models/nothing/suspects", status: 404},
	{name: "too many suspects", method: "GET", path: "/projects/{single}/models/nothing/suspects?limit=501", status: 422, contains: []string{`"field":"limit"`}},
	{name: "suspects by class", method: "GET", path: "/projects/{single}/models/nothing/suspects?class=red", status: 422, contains: []string{`"field":"class"`}},
	{name: "no model to delete", method: "DELETE", path: "/projects/{single}/models/nothing", status: 404},
	{name: "no model to apply", method: "POST", path: "/projects/{single}/models/nothing/apply", body: `{"filter":{},"min_confidence":0.5,"dry_run":true}`, status: 404},
	{name: "no job", method: "GET", path: "/jobs/nothing", status: 404},
	{name: "no job to cancel", method: "POST", path: "/jobs/nothing/cancel", body: `{}`, status: 404},
	{name: "no sample", method: "POST", path: "/samples/nothing", body: `{}`, status: 404},
	{name: "backbones, the default first", method: "GET", path: "/backbones", status: 200, contains: []string{`"default":true`}},
	{name: "backbone that is none", method: "POST", path: "/backbones?name=x&source=y", body: "not a network", header: octets, status: 415, contains: []string{`"code":"unsupported"`}},
	{name: "backbone parameter", method: "POST", path: "/backbones?title=x", body: "x", header: octets, status: 422, contains: []string{`"field":"title"`}},
	{name: "backbone too large", method: "POST", path: "/backbones?name=x", body: strings.Repeat("x", 1<<20+1), header: octets, status: 413, contains: []string{`"code":"too_large"`}},

	{name: "no such address", method: "GET", path: "/nowhere", status: 404, contains: []string{"/api/nowhere"}},
	{name: "wrong method", method: "PATCH", path: "/projects/{single}", status: 405, contains: []string{"DELETE, GET, HEAD, PUT"}},
	{name: "wrong method without an id", method: "DELETE", path: "/projects", status: 405},

	{name: "form instead of JSON", method: "POST", path: "/projects", body: "name=x", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 415, contains: []string{`"code":"unsupported"`}},
	{name: "text instead of JSON", method: "POST", path: "/projects", body: `{"name":"x","task":"single"}`, header: map[string]string{"Content-Type": "text/plain"}, status: 415},
	{name: "no JSON", method: "POST", path: "/projects", body: `{"name":`, status: 422},
	{name: "two JSONs", method: "POST", path: "/projects", body: `{"name":"x","task":"single"}{}`, status: 422},
	{name: "JSON of another type", method: "POST", path: "/projects", body: `{"name":3}`, status: 422, contains: []string{`"field":"name"`}},
	{name: "unknown field", method: "POST", path: "/projects", body: `{"name":"x","task":"single","owner":"me"}`, status: 422, contains: []string{`"field":"owner"`}},
	{name: "JSON too large", method: "POST", path: "/projects", body: `{"name":"` + strings.Repeat("x", 4<<20) + `"}`, status: 413, contains: []string{`"code":"too_large"`, "4194304"}},
	{name: "another site", method: "POST", path: "/projects", body: `{"name":"x","task":"single"}`, header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403, contains: []string{`"code":"forbidden"`}},
	{name: "another port", method: "DELETE", path: "/projects/{single}", header: map[string]string{"Sec-Fetch-Site": "same-site"}, status: 403},
	{name: "another origin, old browser", method: "DELETE", path: "/projects/{single}", header: map[string]string{"Origin": "http://evil.example"}, status: 403},

	{name: "project without a name", method: "POST", path: "/projects", body: `{"name":" ","task":"single"}`, status: 422, contains: []string{`"field":"name"`}},
	{name: "project of no task", method: "POST", path: "/projects", body: `{"name":"x","task":"dots"}`, status: 422, contains: []string{`"field":"task"`}},
	{name: "project with two classes of a name", method: "POST", path: "/projects", body: `{"name":"x","task":"single","classes":[{"name":"a"},{"name":"a"}]}`, status: 422, contains: []string{`"field":"classes[1].name"`}},
	{name: "update by an old rev", method: "PUT", path: "/projects/{single}", body: `{"name":"New","rev":-1,"classes":[{"id":"red","name":"Red"},{"id":"green","name":"Green"},{"id":"old","name":"Old","archived":true}]}`, status: 409, contains: []string{`"code":"conflict"`}},
	{name: "update of another", method: "PUT", path: "/projects/{single}", body: `{"id":"{multi}","name":"New"}`, status: 422, contains: []string{`"field":"id"`}},
	{name: "delete nothing", method: "DELETE", path: "/projects/nothing", status: 404},

	{name: "import from nowhere", method: "POST", path: "/projects/{single}/imports", body: `{"labels":"psychic"}`, status: 422, contains: []string{`"field":"labels"`}},
	{name: "import into nothing", method: "POST", path: "/projects/nothing/imports", body: `{"labels":"none"}`, status: 404},
	{name: "file of no import", method: "POST", path: "/projects/{single}/imports/nothing/files?path=a.png", body: "x", header: octets, status: 404},
	{name: "file without a path", method: "POST", path: "/projects/{single}/imports/nothing/files", body: "x", header: octets, status: 422, contains: []string{`"field":"path"`}},
	{name: "finish no import", method: "POST", path: "/projects/{single}/imports/nothing/finish", body: `{}`, status: 404},
	{name: "file too large", method: "POST", path: "/projects/{single}/imports/nothing/files?path=a.png", body: strings.Repeat("x", 1<<20+1), header: octets, status: 413},
	{name: "export of a misspelt filter", method: "POST", path: "/projects/{single}/exports", body: `{"name":"x","filter":{"states":["labelled"]}}`, status: 422, contains: []string{`"field":"states"`}},
	{name: "export of a wrong filter", method: "POST", path: "/projects/{single}/exports", body: `{"name":"x","filter":{"state":["done"]}}`, status: 422, contains: []string{`"field":"filter.state"`}},
	{name: "delete by a wrong filter", method: "POST", path: "/projects/{single}/assets/delete", body: `{"min_confidence":7}`, status: 422, contains: []string{`"field":"min_confidence"`}},
	{name: "train on nothing", method: "POST", path: "/projects/{single}/train", body: `{"export":"nothing"}`, status: 404},
	{name: "estimate of nothing", method: "POST", path: "/projects/{single}/estimate", body: `{"export":"nothing"}`, status: 404},
	{name: "apply without a limit of errors", method: "POST", path: "/projects/{single}/models/nothing/apply", body: `{"filter":{},"min_confidence":0,"budget":0.9}`, status: 422, contains: []string{`"field":"budget"`}},
	{name: "apply too sure", method: "POST", path: "/projects/{single}/models/nothing/apply", body: `{"filter":{},"min_confidence":2}`, status: 422, contains: []string{`"field":"min_confidence"`}},
	{name: "nothing to redo", method: "POST", path: "/projects/{single}/redo", body: `{}`, status: 404},
	{name: "nothing to undo", method: "POST", path: "/projects/{multi}/undo", body: `{"op":""}`, status: 404},
	{name: "undo what another project did", method: "POST", path: "/projects/{multi}/undo", body: `{"op":"nothing"}`, status: 404},
}

var octets = map[string]string{"Content-Type": "application/octet-stream"}

// badLabels are all refused whole.
var badLabels = []scenario{
	{name: "no changes", body: `{"changes":[]}`, contains: []string{`"field":"changes"`}},
	{name: "no asset", body: `{"changes":[{"action":"skip"}]}`, contains: []string{`"field":"changes[0].asset"`}},
	{name: "asset and filter", body: `{"changes":[{"asset":"{red0}","filter":{},"action":"skip"}]}`},
	{name: "filter and effort", body: `{"changes":[{"filter":{},"action":"skip","effort":{"seconds":1}}]}`, contains: []string{`"field":"changes[0].effort"`}},
	{name: "effort of less than nothing", body: `{"changes":[{"asset":"{red0}","action":"skip","effort":{"seconds":-1}}]}`, contains: []string{`"field":"changes[0].effort.seconds"`}},
	{name: "unknown suggestion", body: `{"changes":[{"asset":"{red0}","action":"skip","effort":{"suggestion":"whispered"}}]}`, contains: []string{`"field":"changes[0].effort.suggestion"`}},
	{name: "suggestion too sure", body: `{"changes":[{"asset":"{red0}","action":"set","classes":["red"],"effort":{"suggestion":"accepted","confidence":2}}]}`, contains: []string{`"field":"changes[0].effort.confidence"`}},
	{name: "filter and rev", body: `{"changes":[{"filter":{},"action":"skip","rev":1}]}`, contains: []string{`"field":"changes[0].rev"`}},
	{name: "wrong filter", body: `{"changes":[{"filter":{"state":["x"]},"action":"skip"}]}`, contains: []string{`"field":"changes[0].filter.state"`}},
	{name: "unknown action", body: `{"changes":[{"asset":"{red0}","action":"paint"}]}`, contains: []string{`"field":"changes[0].action"`}},
	{name: "unknown class", body: `{"changes":[{"asset":"{red0}","action":"set","classes":["blue"]}]}`, contains: []string{`"field":"changes[0].classes[0]"`}},
	{name: "archived class", body: `{"changes":[{"asset":"{red0}","action":"set","classes":["old"]}]}`, contains: []string{"archived", `"field":"changes[0].classes"`}},
	{name: "two classes", body: `{"changes":[{"asset":"{red0}","action":"set","classes":["red","green"]}]}`, contains: []string{"exactly one class"}},
	{name: "one class twice", body: `{"changes":[{"asset":"{red0}","action":"set","classes":["red","red"]}]}`, contains: []string{"twice"}},
	{name: "no class", body: `{"changes":[{"asset":"{red0}","action":"set"}]}`},
	{name: "boxes of a single project", body: `{"changes":[{"asset":"{red0}","action":"set","classes":["red"],"boxes":[{"class":"red","x":0,"y":0,"w":1,"h":1}]}]}`, contains: []string{`"field":"changes[0].boxes"`}},
	{name: "skip with a class", body: `{"changes":[{"asset":"{red0}","action":"skip","classes":["red"]}]}`},
	{name: "unknown flag", body: `{"changes":[{"asset":"{red0}","action":"flag","flag":"blue"}]}`, contains: []string{`"field":"changes[0].flag"`}},
	{name: "a label of a bad image", body: `{"changes":[{"asset":"{red0}","action":"set","classes":["red"],"flag":"bad"}]}`, contains: []string{`"field":"changes[0].flag"`}},
	{name: "skip with a flag", body: `{"changes":[{"asset":"{red0}","action":"skip","flag":"bad"}]}`, contains: []string{`"field":"changes[0].flag"`}},
	{name: "add to a single project", body: `{"changes":[{"asset":"{red0}","action":"add","classes":["red"]}]}`, contains: []string{`"field":"changes[0].action"`}},
	{name: "second change is wrong", body: `{"changes":[{"asset":"{red1}","action":"skip"},{"asset":"{red0}","action":"set","classes":["blue"]}]}`, contains: []string{"changes[1]"}},
	{name: "foreign asset", body: `{"changes":[{"asset":"{red1}","action":"skip"},{"asset":"{tagged}","action":"skip"}]}`, status: 404, contains: []string{`"field":"changes[1].asset"`}},
	{name: "old rev", body: `{"changes":[{"asset":"{red1}","action":"skip"},{"asset":"{red0}","action":"set","classes":["green"],"rev":77}]}`, status: 409},
	{name: "old rev of what has nothing to do", body: `{"changes":[{"asset":"{red0}","action":"accept","rev":77}]}`, status: 409},
	{name: "long operation id", body: `{"op":"` + strings.Repeat("x", 101) + `","changes":[{"asset":"{red0}","action":"skip"}]}`, contains: []string{`"field":"op"`}},
}

var badBoxes = []scenario{
	{name: "outside", body: `{"changes":[{"asset":"{boxed}","action":"set","boxes":[{"class":"thing","x":0,"y":0,"w":33,"h":5}]}]}`, contains: []string{"32 x 24", `"field":"changes[0].boxes[0]"`}},
	{name: "left of it", body: `{"changes":[{"asset":"{boxed}","action":"set","boxes":[{"class":"thing","x":-1,"y":0,"w":3,"h":5}]}]}`},
	{name: "flat", body: `{"changes":[{"asset":"{boxed}","action":"set","boxes":[{"class":"thing","x":0,"y":0,"w":3,"h":0}]}]}`},
	{name: "on the edge", body: `{"changes":[{"asset":"{boxed}","action":"set","boxes":[{"class":"thing","x":32,"y":0,"w":0.0005,"h":2}]}]}`},
	{name: "too large a number", body: `{"changes":[{"asset":"{boxed}","action":"set","boxes":[{"class":"thing","x":1e999,"y":0,"w":3,"h":3}]}]}`},
	{name: "unknown class", body: `{"changes":[{"asset":"{boxed}","action":"set","boxes":[{"class":"x","x":0,"y":0,"w":3,"h":3}]}]}`},
	{name: "class without a box", body: `{"changes":[{"asset":"{boxed}","action":"set","classes":["thing"]}]}`},
	{name: "by filter", body: `{"changes":[{"filter":{},"action":"set","boxes":[]}]}`},
}

func TestReadsAndRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		for _, s := range reads {
			t.Run(s.name, func(t *testing.T) { h.check(t, s) })
		}
		before := h.check(t, scenario{method: "GET", path: "/projects", status: 200}).Body.String()
		for project, list := range map[string][]scenario{"single": badLabels, "boxes": badBoxes} {
			for _, s := range list {
				s.method, s.path = "POST", "/projects/{"+project+"}/labels"
				if s.status == 0 {
					s.status = 422
				}
				t.Run("label/"+s.name, func(t *testing.T) { h.check(t, s) })
			}
		}
		// Not one of the wrong requests has changed anything.
		if after := h.check(t, scenario{method: "GET", path: "/projects", status: 200}).Body.String(); after != before {
			t.Errorf("the projects are %s, were %s", after, before)
		}
	})
}
