package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// icons are 24 x 24 line drawings of our own, by name: the inside of an <svg>.
var icons = map[string]string{
	"alert":    `<path d="M12 4 2.8 19.5h18.4z"/><path d="M12 10v4.5M12 17.2v.1"/>`,
	"apply":    `<path d="M13 3 5 13.5h6L10 21l9-11.5h-6.4z"/>`,
	"archive":  `<rect x="3" y="4" width="18" height="5" rx="1"/><path d="M5 9v11h14V9M10 13h4"/>`,
	"arrow":    `<path d="M5 12h14M13 6l6 6-6 6"/>`,
	"back":     `<path d="M19 12H5M11 6l-6 6 6 6"/>`,
	"ban":      `<circle cx="12" cy="12" r="8.500"/><path d="m6 6 12 12"/>`,
	"box":      `<path d="M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4"/><rect x="8" y="8" width="8" height="8"/>`,
	"chart":    `<path d="M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6"/>`,
	"check":    `<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
	"chevron":  `<path d="m6 9 6 6 6-6"/>`,
	"close":    `<path d="M6 6l12 12M18 6 6 18"/>`,
	"clusters": `<circle cx="7" cy="8" r="2"/><circle cx="12" cy="5.5" r="1.600"/><circle cx="5.500" cy="13.500" r="1.600"/><circle cx="17" cy="15" r="2.400"/><circle cx="12.500" cy="19" r="1.600"/><circle cx="19.500" cy="9.500" r="1.300"/>`,
	"coins":    `<ellipse cx="12" cy="7" rx="7" ry="3"/><path d="M5 7v5c0 1.7 3.1 3 7 3s7-1.3 7-3V7M5 12v5c0 1.7 3.1 3 7 3s7-1.3 7-3v-5"/>`,
	"comment":  `<path d="M4 5h16v11h-9l-5 4v-4H4z"/><path d="M8 9h8M8 12h5"/>`,
	"compare":  `<path d="M8 4v16M16 4v16M4 8h8M12 16h8"/>`,
	"copy":     `<rect x="8" y="8" width="12" height="12" rx="2"/><path d="M16 8V4H4v12h4"/>`,
	"device":   `<rect x="3" y="5" width="18" height="11" rx="1.5"/><path d="M2 19.5h20"/>`,
	"download": `<path d="M12 4v11M7 10.5l5 5 5-5M4 20h16"/>`,
	"edit":     `<path d="M4 20h4L19 9l-4-4L4 16zM13 7l4 4"/>`,
	"eye":      `<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="3"/>`,
	"file":     `<path d="M6 3h8l4 4v14H6zM14 3v4h4"/>`,
	"filter":   `<path d="M4 5h16l-6 7.5V19l-4-2v-4.5z"/>`,
	"fit":      `<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/>`,
	"folder":   `<path d="M3 6h6l2 2.5h10V19H3z"/>`,
	"grid":     `<rect x="4" y="4" width="7" height="7" rx="1"/><rect x="13" y="4" width="7" height="7" rx="1"/><rect x="4" y="13" width="7" height="7" rx="1"/><rect x="13" y="13" width="7" height="7" rx="1"/>`,
	"help":     `<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.6 2.6 0 1 1 3.8 2.3c-.9.5-1.3 1-1.3 2M12 16.8v.1"/>`,
	"home":     `<path d="m4 11 8-7 8 7M6 9.5V20h12V9.5"/>`,
	"image":    `<rect x="3" y="4.5" width="18" height="15" rx="2"/><circle cx="8.5" cy="10" r="1.6"/><path d="m4 18 5.5-5 3.5 3 3-2.5 4.5 4"/>`,
	"info":     `<circle cx="12" cy="12" r="9"/><path d="M12 11v5M12 8v.1"/>`,
	"keyboard": `<rect x="2.5" y="6" width="19" height="12" rx="2"/><path d="M6 10h.1M10 10h.1M14 10h.1M18 10h.1M8 14h8"/>`,
	"language": `<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9S9 6 12 3z"/>`,
	"lock":     `<rect x="5" y="11" width="14" height="9" rx="1.5"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>`,
	"menu":     `<path d="M4 7h16M4 12h16M4 17h16"/>`,
	"magnet":   `<path d="M5 4h4v8a3 3 0 0 0 6 0V4h4v8a7 7 0 0 1-14 0zM5 8h4M15 8h4"/>`,
	"merge":    `<path d="M5 4v4c0 4 7 3 7 7v5M19 4v4c0 4-7 3-7 7"/>`,
	"minus":    `<path d="M5 12h14"/>`,
	"more":     `<path d="M5 12h.01M12 12h.01M19 12h.01" stroke-width="3"/>`,
	"moon":     `<path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z"/>`,
	"next":     `<path d="m9 6 6 6-6 6"/>`,
	"plus":     `<path d="M12 5v14M5 12h14"/>`,
	"pointer":  `<path d="m5 3 14 7.500-6 1.900-2.600 6.100z"/>`,
	"prev":     `<path d="m15 6-6 6 6 6"/>`,
	"redo":     `<path d="M19 9H9a5 5 0 0 0 0 10h6M15 5l4 4-4 4"/>`,
	"review":   `<path d="M4 5h16v10H9l-5 4z"/><path d="m9 10 2 2 4-4"/>`,
	"search":   `<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>`,
	"server":   `<rect x="4" y="4" width="16" height="7" rx="1.5"/><rect x="4" y="13" width="16" height="7" rx="1.5"/><path d="M8 7.5h.1M8 16.5h.1"/>`,
	"settings": `<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2.2"/><circle cx="9" cy="17" r="2.2"/>`,
	"skip":     `<path d="M5 6l8 6-8 6zM17 6v12"/>`,
	"spark":    `<path d="M12 3l1.8 5.7L19.5 10.500l-5.700 1.8L12 18l-1.800-5.700L4.500 10.500l5.700-1.800z"/><path d="M19 16v4M17 18h4"/>`,
	"sun":      `<circle cx="12" cy="12" r="4"/><path d="M12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400"/>`,
	"tag":      `<path d="M3 12V4h8l10 10-8 8z"/><circle cx="7.500" cy="8.500" r="1.300"/>`,
	"trash":    `<path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5"/>`,
	"undo":     `<path d="M5 9h10a5 5 0 0 1 0 10H9M9 5 5 9l4 4"/>`,
	"upload":   `<path d="M12 16V5M7 9.500l5-5 5 5M4 20h16"/>`,
	"zoom-in":  `<circle cx="11" cy="11" r="6.500"/><path d="m16 16 4.500 4.500M8 11h6M11 8v6"/>`,
	"zoom-out": `<circle cx="11" cy="11" r="6.500"/><path d="m16 16 4.500 4.500M8 11h6"/>`,
}

// Icon draws an icon by name. It is decoration: what it stands for is said in words beside it or as the control's name.
func Icon(name string) app.UI {
	return app.Span().Class("icon").Aria("hidden", "true").Body(app.Raw(
		`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" focusable="false">` + icons[name] + `</svg>`))
}
