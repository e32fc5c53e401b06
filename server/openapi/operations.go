package openapi

import (
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// Bodies of one field or two, which have no type of their own.
type (
	inOperation = struct {
		Op string `json:"op"`
	}
	inComment = struct {
		ID     string `json:"id"`
		Thread string `json:"thread"`
		Text   string `json:"text"`
	}
	inText = struct {
		Text string `json:"text"`
	}
	inResolved = struct {
		Resolved bool `json:"resolved"`
	}
	inExport = struct {
		Name   string        `json:"name"`
		Filter domain.Filter `json:"filter"`
	}
	switched = struct {
		On bool `json:"on"`
	}
	inRole = struct {
		Role domain.Role `json:"role"`
	}
	outDeleted = struct {
		Deleted int    `json:"deleted"`
		Op      string `json:"op"`
	}
	nothing = struct{}
)

const binary File = "application/octet-stream"

// filterQuery are the parameters by which lists of images are filtered and ordered.
var filterQuery = []string{
	"ids", "class", "exact", "state", "source", "flag", "issue", "verdict", "comments", "text", "model", "min_confidence", "max_confidence", "sort", "to",
}

// operations says of each route what its pattern and need do not: one line a route. TestOperations tells which is missing, and
// which does not fit its handler.
var operations = map[string]Operation{
	"GET /api/openapi.json": {Summary: "Gives this description of the API.", Out: File("application/json")},
	"GET /metrics":          {Summary: "Gives numbers about the server for Prometheus.", Out: File("text/plain")},

	"GET /api/capabilities":          {Summary: "Tells what this host can do.", Out: domain.Capabilities{}},
	"GET /api/credits":               {Summary: "Gives the credits of a workspace.", Out: domain.Credits{}},
	"GET /api/backbones":             {Summary: "Lists the networks that embeddings are made by, the default first.", Out: []domain.Backbone{}},
	"POST /api/backbones":            {Summary: "Adds a network, sent as ONNX or TFLite.", In: binary, Query: []string{"name", "source"}, Out: domain.Backbone{}, Status: 201},
	"POST /api/samples/{sample}":     {Summary: "Starts to make a project of a sample.", In: nothing{}, Out: domain.Job{}, Status: 202},
	"GET /api/jobs/{job}":            {Summary: "Tells how a job stands.", Out: domain.Job{}},
	"POST /api/jobs/{job}/cancel":    {Summary: "Stops a job and gives back what it reserved.", In: nothing{}, Out: domain.Job{}},
	"POST /api/jobs/{job}/pause":     {Summary: "Lets a training, labelling or grouping rest until it is resumed; what it reserved stays.", In: nothing{}, Out: domain.Job{}},
	"POST /api/jobs/{job}/resume":    {Summary: "Queues a paused job again.", In: nothing{}, Out: domain.Job{}},
	"GET /api/projects":              {Summary: "Lists projects, newest first, page by page; Link names the next one.", Query: []string{"cursor", "limit"}, Out: []domain.Project{}},
	"POST /api/projects":             {Summary: "Makes a project.", In: domain.Project{}, Needs: "name task", Out: domain.Project{}, Status: 201},
	"GET /api/projects/{project}":    {Summary: "Gives a project with its classes and counts.", Out: domain.Project{}, Tagged: true},
	"PUT /api/projects/{project}":    {Summary: "Replaces name and classes; rev or If-Match must name what was read.", In: domain.Project{}, Out: domain.Project{}, Tagged: true},
	"DELETE /api/projects/{project}": {Summary: "Deletes a project with all it holds."},

	"POST /api/projects/{project}/task":                  {Summary: "Starts a change of the project's task, with its labels.", In: domain.TaskRequest{}, Needs: "task", Out: domain.Job{}, Status: 202},
	"POST /api/projects/{project}/task/preview":          {Summary: "Tells what a change of the task would do now.", In: domain.TaskRequest{}, Needs: "task", Out: domain.TaskPreview{}},
	"POST /api/projects/{project}/classes/merge":         {Summary: "Starts to make several classes one.", In: domain.MergeRequest{}, Needs: "from into", Out: domain.Job{}, Status: 202},
	"POST /api/projects/{project}/classes/merge/preview": {Summary: "Tells what a merge would do now.", In: domain.MergeRequest{}, Needs: "from into", Out: domain.MergePreview{}},
	"GET /api/projects/{project}/changes":                {Summary: "Lists changes of the project's task and classes, newest first.", Out: []domain.ProjectChange{}},
	"POST /api/projects/{project}/changes/{change}/undo": {Summary: "Takes a change of the project back, with its labels.", In: nothing{}, Out: domain.Operation{}},
	"POST /api/projects/{project}/changes/{change}/redo": {Summary: "Does a change of the project again.", In: nothing{}, Out: domain.Operation{}},

	"GET /api/projects/{project}/events": {Summary: "Streams what changes as server-sent events: job (JobEvent), labels, hello and reset (LabelsEvent).", Out: File("text/event-stream")},

	"GET /api/projects/{project}/assets":               {Summary: "Gives a page of images.", Query: append([]string{"cursor", "limit"}, filterQuery...), Out: domain.AssetPage{}, Tagged: true},
	"GET /api/projects/{project}/asset-ids":            {Summary: "Gives the ids of all images that a filter selects, in order.", Query: filterQuery, Out: []string{}, Tagged: true},
	"POST /api/projects/{project}/assets/delete":       {Summary: "Moves what a filter selects into the trash.", In: domain.Filter{}, Out: outDeleted{}},
	"GET /api/projects/{project}/assets/{asset}":       {Summary: "Gives an image's row with its label.", Out: domain.Asset{}},
	"GET /api/projects/{project}/assets/{asset}/thumb": {Summary: "Gives a thumbnail, upright.", Out: File("image/jpeg image/png"), Tagged: true},
	"GET /api/projects/{project}/assets/{asset}/image": {Summary: "Gives the image in a type that every browser shows, upright.", Out: File("image/jpeg image/png image/gif image/webp"), Tagged: true},

	"GET /api/projects/{project}/trash":    {Summary: "Tells what deletions can still be taken back.", Out: domain.Trash{}},
	"DELETE /api/projects/{project}/trash": {Summary: "Removes what was deleted for good."},

	"GET /api/projects/{project}/assets/{asset}/boxes":     {Summary: "Says what a model of boxes, the newest unless one is named, finds in an image.", Query: []string{"model"}, Out: domain.BoxSuggestions{}},
	"POST /api/projects/{project}/assets/{asset}/tighten":  {Summary: "Finds the object that a rough box is meant for.", In: domain.TightenRequest{}, Out: domain.Tightened{}},
	"GET /api/projects/{project}/assets/{asset}/proposals": {Summary: "Proposes boxes of no class in an image, without any label or model.", Query: []string{"limit"}, Out: domain.Proposals{}},

	"POST /api/projects/{project}/suggestions": {Summary: "Says what the live head thinks of some images.", In: domain.SuggestRequest{}, Out: domain.Suggestions{}},
	"GET /api/projects/{project}/suggestions":  {Summary: "Tells whether the project has suggestions.", Out: switched{}},
	"PUT /api/projects/{project}/suggestions":  {Summary: "Switches suggestions on or off.", In: switched{}, Out: switched{}},
	"POST /api/projects/{project}/useful":      {Summary: "Hands out the images whose labels would teach the most.", In: nothing{}, Out: domain.UsefulBatch{}},
	"GET /api/projects/{project}/saving":       {Summary: "Tells how many labels the queue of useful images has spared.", Out: domain.Saving{}},

	"GET /api/projects/{project}/assets/{asset}/comments":     {Summary: "Lists the comments of an image, thread by thread.", Out: []domain.Comment{}},
	"POST /api/projects/{project}/assets/{asset}/comments":    {Summary: "Says something about an image.", In: inComment{}, Needs: "text", Out: domain.Comment{}, Status: 201, Tagged: true},
	"PUT /api/projects/{project}/comments/{comment}":          {Summary: "Replaces the text of one's own comment.", In: inText{}, Needs: "text", Out: domain.Comment{}, Tagged: true},
	"POST /api/projects/{project}/comments/{comment}/resolve": {Summary: "Says that a thread is settled, or that it is not.", In: inResolved{}, Out: domain.Comment{}},
	"DELETE /api/projects/{project}/comments/{comment}":       {Summary: "Deletes one's own comment, with its thread where it begins one."},

	"POST /api/projects/{project}/labels":         {Summary: "Writes labels as one action.", In: domain.LabelRequest{}, Needs: "changes", Out: domain.Operation{}},
	"GET /api/projects/{project}/queue":           {Summary: "Tells how the shared work of a project goes, and managers whose is what.", Out: domain.QueueStatus{}},
	"PUT /api/projects/{project}/queue":           {Summary: "Says how images are handed out.", In: domain.QueueSettings{}, Out: domain.QueueSettings{}},
	"POST /api/projects/{project}/queue/lease":    {Summary: "Gives images to label that nobody else has, and renews the hold of those that are held.", In: domain.LeaseRequest{}, Out: domain.QueueBatch{}},
	"POST /api/projects/{project}/queue/release":  {Summary: "Gives back what is held.", In: nothing{}, Status: 204},
	"POST /api/projects/{project}/queue/answers":  {Summary: "Answers about an image that is held.", In: domain.QueueAnswer{}, Out: domain.Operation{}},
	"POST /api/projects/{project}/queue/undo":     {Summary: "Takes an answer back.", In: inOperation{}, Out: domain.Operation{}},
	"POST /api/projects/{project}/queue/assign":   {Summary: "Puts images into the queue, for a person or for everybody.", In: domain.AssignRequest{}, Out: domain.Counted{}},
	"POST /api/projects/{project}/queue/withdraw": {Summary: "Takes what waits for a person, or for everybody, out of the queue.", In: domain.WithdrawRequest{}, Out: domain.Counted{}},
	"GET /api/projects/{project}/agreement":       {Summary: "Tells how far those agree who labelled the same images, and what they do not agree on.", Out: domain.Agreement{}},
	"GET /api/projects/{project}/gold":            {Summary: "Lists the images by which labellers are measured.", Out: domain.GoldList{}},
	"POST /api/projects/{project}/gold":           {Summary: "Makes labelled images gold, or ordinary again.", In: domain.GoldRequest{}, Out: domain.Counted{}},

	"POST /api/projects/{project}/reviews":      {Summary: "Writes verdicts on labels as one action.", In: domain.LabelRequest{}, Needs: "changes", Out: domain.Operation{}},
	"POST /api/projects/{project}/bulk":         {Summary: "Starts one action on all that a filter selects.", In: domain.BulkRequest{}, Needs: "action", Out: domain.Job{}, Status: 202},
	"POST /api/projects/{project}/bulk/review":  {Summary: "Starts a verdict on all that a filter selects.", In: domain.BulkRequest{}, Needs: "action", Out: domain.Job{}, Status: 202},
	"POST /api/projects/{project}/bulk/delete":  {Summary: "Starts to move all that a filter selects into the trash.", In: domain.BulkRequest{}, Needs: "action", Out: domain.Job{}, Status: 202},
	"POST /api/projects/{project}/bulk/preview": {Summary: "Tells what a bulk action would do now.", In: domain.BulkRequest{}, Needs: "action", Out: domain.BulkPreview{}},
	"POST /api/projects/{project}/undo":         {Summary: "Takes an operation back, the newest where none is named.", In: inOperation{}, Out: domain.Operation{}},
	"POST /api/projects/{project}/redo":         {Summary: "Does again what was undone last.", In: nothing{}, Out: domain.Operation{}},

	"GET /api/projects/{project}/triage":          {Summary: "Counts the images by what may be wrong with them, with how their measures are spread; with import, those that came since it began.", Query: []string{"import"}, Out: domain.Triage{}, Tagged: true},
	"GET /api/projects/{project}/triage/images":   {Summary: "Lists the images of one issue, worst first.", Query: []string{"issue", "offset", "limit"}, Out: domain.IssueImages{}},
	"PUT /api/projects/{project}/triage/limits":   {Summary: "Sets the limits from which on images have issues.", In: domain.Limits{}, Out: domain.Triage{}},
	"POST /api/projects/{project}/triage/measure": {Summary: "Starts to measure images that came before Irum measured them.", In: nothing{}, Out: domain.Job{}, Status: 202},

	"GET /api/projects/{project}/filters":             {Summary: "Lists the filters that are kept, by name.", Out: []domain.SavedFilter{}},
	"PUT /api/projects/{project}/filters/{filter}":    {Summary: "Keeps a filter under an id that the caller makes.", In: domain.SavedFilter{}, Needs: "name", Out: domain.SavedFilter{}, Tagged: true},
	"DELETE /api/projects/{project}/filters/{filter}": {Summary: "Removes a kept filter."},

	"POST /api/projects/{project}/imports":                 {Summary: "Opens an import.", In: client.ImportOptions{}, Out: domain.ImportReport{}, Status: 201},
	"GET /api/projects/{project}/imports/{import}":         {Summary: "Tells how far an import is, and the first lines of its report.", Out: domain.ImportReport{}},
	"GET /api/projects/{project}/imports/{import}/lines":   {Summary: "Lists all that an import refused (kind=refused) or noted (kind=notes), page by page.", Out: domain.ImportLines{}, Query: []string{"kind", "cursor", "limit"}},
	"POST /api/projects/{project}/imports/{import}/files":  {Summary: "Sends a file of an import: an image, an archive, or labels.", In: binary, Query: []string{"path"}, Out: domain.ImportReport{}},
	"POST /api/projects/{project}/imports/{import}/finish": {Summary: "Attaches labels to their images and closes the import.", In: nothing{}, Out: domain.ImportReport{}},

	"GET /api/projects/{project}/exports":                   {Summary: "Lists snapshots of labels, newest first, page by page; Link names the next one.", Query: []string{"cursor", "limit"}, Out: []domain.Export{}},
	"POST /api/projects/{project}/exports":                  {Summary: "Takes a snapshot of what a filter selects.", In: inExport{}, Out: domain.Export{}, Status: 201},
	"GET /api/projects/{project}/exports/{export}/download": {Summary: "Gives a snapshot in a format.", Query: []string{"format", "voc"}, Out: File("application/json text/csv application/zip")},
	"GET /api/projects/{project}/exports/{export}/check":    {Summary: "Tells what a format does not hold of a snapshot.", Query: []string{"format", "voc"}, Out: domain.ExportCheck{}},

	"POST /api/projects/{project}/estimate":                {Summary: "Tells what a training would cost.", In: domain.TrainRequest{}, Needs: "export", Out: domain.Estimate{}},
	"POST /api/projects/{project}/train":                   {Summary: "Reserves credits and starts a training.", In: domain.TrainRequest{}, Needs: "export", Out: domain.Job{}, Status: 202},
	"POST /api/projects/{project}/cluster":                 {Summary: "Starts to group images by what they show.", In: domain.ClusterRequest{}, Out: domain.Job{}, Status: 202},
	"GET /api/projects/{project}/clusterings":              {Summary: "Lists groupings, newest first, without their groups, page by page; Link names the next one.", Query: []string{"cursor", "limit"}, Out: []domain.Clustering{}},
	"GET /api/projects/{project}/clusterings/{clustering}": {Summary: "Gives a grouping with its groups.", Out: domain.Clustering{}},
	"POST /api/projects/{project}/map":                     {Summary: "Starts to lay images out in the plane by what they show.", In: domain.MapRequest{}, Out: domain.Job{}, Status: 202},
	"GET /api/projects/{project}/map":                      {Summary: "Gives the map of a project.", Out: domain.ImageMap{}},
	"GET /api/projects/{project}/map/standing":             {Summary: "Tells how the images of the map stand now: their labels and, if asked, what a head says of them.", Query: []string{"judged"}, Out: domain.MapStanding{}},
	"GET /api/projects/{project}/analytics":                {Summary: "Tells how the labelling goes.", Query: []string{"zone"}, Out: domain.Analytics{}},
	"GET /api/projects/{project}/jobs":                     {Summary: "Lists the newest jobs of a project, newest first.", Out: []domain.Job{}},
	"GET /api/projects/{project}/models":                   {Summary: "Lists models, newest first, without their outcomes, page by page; Link names the next one.", Query: []string{"cursor", "limit"}, Out: []domain.Model{}},
	"GET /api/projects/{project}/models/{model}":           {Summary: "Gives a model with its card.", Out: domain.Model{}},
	"DELETE /api/projects/{project}/models/{model}":        {Summary: "Deletes a model; labels that it gave stay."},
	"GET /api/projects/{project}/models/{model}/file":      {Summary: "Gives a model as one ONNX file.", Out: binary, Tagged: true},
	"GET /api/projects/{project}/models/{model}/suspects":  {Summary: "Lists labels that are probably wrong, the surest first.", Query: []string{"limit"}, Out: domain.Suspects{}},
	"POST /api/projects/{project}/models/{model}/apply":    {Summary: "Starts to let a model label what people have not.", In: domain.ApplyRequest{}, Out: domain.Job{}, Status: 202},

	"POST /api/setup":                {Summary: "Makes the first account and signs in.", In: domain.Setup{}, Needs: "token email name password", Out: domain.Me{}},
	"POST /api/oidc/start":           {Summary: "Tells where to sign in at the provider.", In: domain.ProviderStart{}, Out: domain.ProviderStart{}},
	"GET /api/oidc/callback":         {Summary: "Signs in whom the provider sends back, and leads to a page.", Query: []string{"code", "state", "error"}, Status: 303},
	"POST /api/login":                {Summary: "Signs in.", In: domain.Login{}, Needs: "email password", Out: domain.Me{}},
	"POST /api/logout":               {Summary: "Signs out."},
	"GET /api/me":                    {Summary: "Tells who asks and what they may do.", Out: domain.Me{}},
	"PUT /api/me":                    {Summary: "Changes one's own name or password.", In: domain.AccountChange{}, Out: domain.Me{}},
	"GET /api/sessions":              {Summary: "Lists where one has signed in.", Out: []domain.Session{}},
	"DELETE /api/sessions/{session}": {Summary: "Signs out somewhere."},
	"GET /api/tokens":                {Summary: "Lists one's API tokens, without their secrets.", Out: []domain.Token{}},
	"POST /api/tokens":               {Summary: "Makes an API token; its secret is told this once.", In: domain.Token{}, Needs: "name scopes", Out: domain.Token{}, Status: 201},
	"DELETE /api/tokens/{token}":     {Summary: "Makes a token good for nothing."},
	"GET /api/audit/check":           {Summary: "Looks whether the audit log is as it was written.", Out: domain.AuditCheck{}},

	"GET /api/workspaces/{workspace}/audit":                       {Summary: "Gives a page of what was done in a workspace, newest first.", Query: []string{"before"}, Out: []domain.AuditEntry{}},
	"POST /api/workspaces":                                        {Summary: "Makes a workspace that the caller owns.", In: domain.Workspace{}, Needs: "name", Out: domain.Workspace{}, Status: 201},
	"PUT /api/workspaces/{workspace}":                             {Summary: "Gives a workspace another name.", In: domain.Workspace{}, Needs: "name", Out: domain.Workspace{}},
	"GET /api/workspaces/{workspace}/members":                     {Summary: "Lists the members of a workspace, by name.", Out: []domain.Member{}},
	"PUT /api/workspaces/{workspace}/members/{user}":              {Summary: "Gives a member another role.", In: inRole{}, Needs: "role", Out: domain.Member{}},
	"DELETE /api/workspaces/{workspace}/members/{user}":           {Summary: "Takes a person out of a workspace."},
	"GET /api/workspaces/{workspace}/invitations":                 {Summary: "Lists invitations that can still be used.", Out: []domain.Invitation{}},
	"POST /api/workspaces/{workspace}/invitations":                {Summary: "Makes an invitation; its token is told this once.", In: domain.Invitation{}, Needs: "role", Out: domain.Invitation{}, Status: 201},
	"DELETE /api/workspaces/{workspace}/invitations/{invitation}": {Summary: "Takes an invitation back."},
	"POST /api/invitations/look":                                  {Summary: "Tells who invites to what.", In: domain.Acceptance{}, Needs: "token", Out: domain.Invitation{}},
	"POST /api/invitations/accept":                                {Summary: "Makes the caller a member, or makes an account and signs in.", In: domain.Acceptance{}, Needs: "token", Out: domain.Me{}},
}
