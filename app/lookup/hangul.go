package lookup

// Hangul syllables are laid out in Unicode as 19 initial consonants x 21 vowels x 28 finals (the first: none).
const (
	firstSyllable, lastSyllable = '가', '힣'
	vowels, finals              = 21, 28
)

var (
	initialLetters = []rune("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")
	vowelLetters   = []rune("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ")
	finalLetters   = []rune("\x00ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
	// clusters are the letters that input methods make of two consonants typed one after the other.
	clusters = map[rune][2]rune{
		'ㄳ': {'ㄱ', 'ㅅ'}, 'ㄵ': {'ㄴ', 'ㅈ'}, 'ㄶ': {'ㄴ', 'ㅎ'}, 'ㄺ': {'ㄹ', 'ㄱ'}, 'ㄻ': {'ㄹ', 'ㅁ'}, 'ㄼ': {'ㄹ', 'ㅂ'},
		'ㄽ': {'ㄹ', 'ㅅ'}, 'ㄾ': {'ㄹ', 'ㅌ'}, 'ㄿ': {'ㄹ', 'ㅍ'}, 'ㅀ': {'ㄹ', 'ㅎ'}, 'ㅄ': {'ㅂ', 'ㅅ'},
	}
	// growing are the vowels that another vowel becomes when typing goes on.
	growing = map[rune]string{'ㅗ': "ㅘㅙㅚ", 'ㅜ': "ㅝㅞㅟ", 'ㅡ': "ㅢ"}
)

// syllable is a Hangul syllable taken apart; final is 0 for none.
type syllable struct{ initial, vowel, final rune }

func apart(r rune) (syllable, bool) {
	if r < firstSyllable || r > lastSyllable {
		return syllable{}, false
	}
	n := int(r - firstSyllable)
	s := syllable{initialLetters[n/(vowels*finals)], vowelLetters[n/finals%vowels], finalLetters[n%finals]}
	return s, true
}

// IsHangul tells whether r is a Hangul syllable or one of the letters that syllables are typed by.
func IsHangul(r rune) bool {
	return r >= firstSyllable && r <= lastSyllable || r >= 'ㄱ' && r <= 'ㅣ'
}

// letters writes clusters of consonants as the two that were typed.
func letters(text []rune) []rune {
	out := make([]rune, 0, len(text))
	for _, r := range text {
		if two, is := clusters[r]; is {
			out = append(out, two[0], two[1])
		} else {
			out = append(out, r)
		}
	}
	return out
}

// begins tells whether name begins with what has been typed so far as its last, perhaps unfinished, character: 고 begins 곰
// and 과, and 공 begins 고양이, since the ㅇ may yet move on to the next syllable.
func begins(name []rune, typed rune) bool {
	t, ok := apart(typed)
	n, is := apart(name[0])
	if !ok || !is || n.initial != t.initial {
		return false
	}
	if t.final == 0 {
		return n.vowel == t.vowel || contains(growing[t.vowel], n.vowel)
	}
	if n.vowel != t.vowel {
		return false
	}
	if two, cluster := clusters[n.final]; n.final == t.final || (cluster && two[0] == t.final) {
		return true
	}
	stays, moves := rune(0), t.final
	if two, cluster := clusters[t.final]; cluster {
		stays, moves = two[0], two[1]
	}
	if n.final != stays || len(name) < 2 {
		return false
	}
	next, is := apart(name[1])
	return is && next.initial == moves
}

func contains(all string, r rune) bool {
	for _, c := range all {
		if c == r {
			return true
		}
	}
	return false
}

// means tells whether typed stands for name: itself, or the consonant that name's syllable begins with.
func means(name, typed rune) bool {
	if name == typed {
		return true
	}
	s, ok := apart(name)
	return ok && s.initial == typed
}
