package lookup

import (
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	names := []string{"House sparrow", "Sparrow hawk", "참새", "고양이", "곰", "과일 가게", "닭", "골든 리트리버", "German shepherd", "갈매기", "딱새", "값비싼 새", "cat", "Catfish", "bobcat"}
	for text, want := range map[string]string{
		"sparrow":   "Sparrow hawk, House sparrow",
		" HOUSE ":   "House sparrow",
		"cat":       "cat, Catfish, bobcat",
		"gs":        "German shepherd",
		"g s":       "",
		"참":         "참새",
		"차":         "참새", // not finished
		"고":         "고양이, 곰, 과일 가게, 골든 리트리버",
		"공":         "고양이", // the ㅇ moves on
		"골":         "골든 리트리버",
		"다":         "닭",
		"달":         "닭", // on the way to 닭
		"ㄱㅇㅇ":       "고양이",
		"ㄱㅇ":        "고양이, 과일 가게",
		"고ㅇㅇ":       "고양이",
		"ㅊㅅ":        "참새",
		"ㄳ":         "값비싼 새",         // ㄱㅅ as input methods write it: its words
		"ㄺ":         "",              // ㄹㄱ
		"ㅄ":         "",              // ㅂㅅ
		"ㄱㅂㅆ":       "값비싼 새",         // across the syllables
		"ㄱㄷㄹ":       "골든 리트리버",       // across the space
		"골든리트":      "골든 리트리버",       // written without it
		"ㄸ":         "딱새",            // not ㄷ
		"새":         "값비싼 새, 참새, 딱새", // a word first
		"x":         "",
		"가게 주인이 없음": "",
	} {
		var got []string
		for _, i := range Find(len(names), func(i int) string { return names[i] }, text) {
			got = append(got, names[i])
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%q finds %q, want %q", text, strings.Join(got, ", "), want)
		}
	}
	if got := Find(3, func(i int) string { return names[i] }, ""); len(got) != 3 || got[0] != 0 {
		t.Errorf("nothing typed finds %v", got)
	}
}

func TestSyllables(t *testing.T) {
	for r, want := range map[rune]syllable{'가': {'ㄱ', 'ㅏ', 0}, '힣': {'ㅎ', 'ㅣ', 'ㅎ'}, '닭': {'ㄷ', 'ㅏ', 'ㄺ'}, '뷁': {'ㅂ', 'ㅞ', 'ㄺ'}} {
		if got, ok := apart(r); !ok || got != want {
			t.Errorf("%c is %c %c %c", r, got.initial, got.vowel, got.final)
		}
	}
	if _, ok := apart('a'); ok {
		t.Error("a is taken for a syllable")
	}
}

func FuzzFind(f *testing.F) {
	f.Add("골든 리트리버", "ㄱㄷ")
	f.Add("", "공")
	f.Fuzz(func(t *testing.T, name, text string) {
		found := Matches(name, text)
		if strings.HasPrefix(string(plain(name)), string(plain(text))) && !found && letters(plain(text)) != nil && string(letters(plain(text))) == string(plain(text)) {
			t.Errorf("%q does not find %q, which begins with it", text, name)
		}
	})
}
