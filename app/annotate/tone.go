package annotate

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/hotkeys"
	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui"
)

// tone is how bright and with how much contrast images are shown, in percent of what they are. It changes what is seen, never
// an image, and lasts for the session: the next image is as hard to see as this one.
type tone struct {
	Brightness int `json:"brightness"`
	Contrast   int `json:"contrast"`
}

const (
	leastTone, mostTone = 20, 300
	toneStep            = 10
	toneKept            = "annotate.tone" // in the session's storage
)

// asIs is the tone that changes nothing.
var asIs = tone{100, 100}

// toneNow is the tone in force.
var toneNow = asIs

// inRange gives t with what is too little or too much cut off: what the storage holds may be anything.
func (t tone) inRange() tone {
	if t.Brightness == 0 || t.Contrast == 0 {
		return asIs
	}
	return tone{max(leastTone, min(t.Brightness, mostTone)), max(leastTone, min(t.Contrast, mostTone))}
}

// css is t as the value of the property filter.
func (t tone) css() string {
	share := func(v int) string { return strconv.FormatFloat(float64(v)/100, 'f', -1, 64) }
	return "brightness(" + share(t.Brightness) + ") contrast(" + share(t.Contrast) + ")"
}

// by gives t after action, and whether action is about tones.
func (t tone) by(action hotkeys.Action) (tone, bool) {
	switch action {
	case hotkeys.Brighter:
		t.Brightness += toneStep
	case hotkeys.Darker:
		t.Brightness -= toneStep
	case hotkeys.MoreContrast:
		t.Contrast += toneStep
	case hotkeys.LessContrast:
		t.Contrast -= toneStep
	case hotkeys.PlainTone:
		t = asIs
	default:
		return t, false
	}
	return t.inRange(), true
}

func loadTone(ctx app.Context) {
	var kept tone
	if ctx.SessionStorage().Get(toneKept, &kept) == nil {
		toneNow = kept.inRange()
	}
}

// setTone shows images in t from now on.
func (s *Screen) setTone(ctx app.Context, t tone) {
	toneNow = t.inRange()
	s.stage.tone(toneNow)
	if toneNow == asIs {
		ctx.SessionStorage().Del(toneKept)
		return
	}
	_ = ctx.SessionStorage().Set(toneKept, toneNow)
}

// tone shows all images in t.
func (s *stage) tone(t tone) {
	if s.root != nil {
		ui.SetStyle(s.root, "--tone", t.css())
		s.root.Get("classList").Call("toggle", "toned", t != asIs)
	}
}

// toneMenu is the button with the sliders.
func (s *Screen) toneMenu() app.UI {
	kind := "quiet"
	if toneNow != asIs {
		kind = "quiet on"
	}
	return &ui.Menu{Label: i18n.T("annotate.tone"), Icon: "contrast", IconOnly: true, Small: true, Kind: kind, Content: func() []app.UI {
		return []app.UI{
			s.toneSlider("an-brightness", i18n.T("annotate.brightness"), hotkeys.Darker, hotkeys.Brighter, toneNow.Brightness, func(t *tone, v int) { t.Brightness = v }),
			s.toneSlider("an-contrast", i18n.T("annotate.contrast"), hotkeys.LessContrast, hotkeys.MoreContrast, toneNow.Contrast, func(t *tone, v int) { t.Contrast = v }),
			ui.Button(ui.ButtonSpec{Label: i18n.T("annotate.tone_reset"), Icon: "undo", Small: true, Key: s.keys.Key(hotkeys.PlainTone), Disabled: toneNow == asIs, On: func(ctx app.Context) {
				s.setTone(ctx, asIs)
				s.ctx.Update()
			}}),
			app.P().Class("small", "muted").Text(i18n.T("annotate.tone_hint")),
		}
	}}
}

func (s *Screen) toneSlider(id, label string, less, more hotkeys.Action, value int, set func(*tone, int)) app.UI {
	keys := ""
	if a, b := s.keys.Key(less), s.keys.Key(more); a != "" && b != "" {
		keys = a + " " + b
	}
	return app.Div().Class("field", "an-tone").Body(
		app.Label().For(id).Class("row", "between").Body(app.Span().Text(label),
			app.Span().Class("row").Body(app.Span().Class("num").Text(strconv.Itoa(value)+"%"), app.If(keys != "", func() app.UI { return app.Kbd().Aria("hidden", "true").Text(keys) }))),
		app.Input().ID(id).Type("range").Min(leastTone).Max(mostTone).Step(5).Value(value).OnInput(func(ctx app.Context, _ app.Event) {
			t := toneNow
			set(&t, int(ctx.JSSrc().Get("valueAsNumber").Float()))
			s.setTone(ctx, t)
			s.ctx.Update()
		}, app.EventScope(id)),
	)
}
