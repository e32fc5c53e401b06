package ui

// ClassColors are 20 colours for classes: the first eight are told apart by the colour-blind (Okabe and Ito), the rest
// stay apart from them and from each other in lightness or hue.
var ClassColors = []string{
	"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#f0e442", "#7f7f7f",
	"#6a3d9a", "#b15928", "#33a02c", "#e31a1c", "#1f3b73", "#fb9a99", "#00b8a9", "#a6761d",
	"#b2df8a", "#7b1fa2", "#455a64", "#f781bf",
}
