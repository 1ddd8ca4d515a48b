package dataset

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Numbers of a CSV, eight digits at a time. A comma or the end of its line comes
// after each, and at least as many bytes as beyond says come after the last line.

// number reads the number that begins at an offset of the text, and returns where
// it ends. Its own are 0. and 1 to 19 decimals; others are left to strconv.
func number(text []byte, at int) (x float64, end int, ok bool) {
	field := (*[beyond]byte)(text[at:])
	first, second, third := binary.LittleEndian.Uint64(field[2:]), binary.LittleEndian.Uint64(field[10:]), binary.LittleEndian.Uint64(field[18:])
	var n uint64
	var decimals int
	if noDigits(first)|noDigits(second) == 0 {
		n, decimals = leading(third)
		n, decimals = n+(ofDigits(first-'0'*ones)*1e8+ofDigits(second-'0'*ones))*tensUint[decimals], decimals+16
	} else if n, decimals = leading(first); decimals == 8 {
		more, k := leading(second)
		n, decimals = n*tensUint[k]+more, 8+k
	}
	end = at + 2 + decimals
	if binary.LittleEndian.Uint16(field[:]) != '0'|'.'<<8 || decimals < 1 || decimals > 19 || text[end] != ',' && text[end] != '\n' {
		end = fieldEnd(text, at)
		x, ok = parsed(string(text[at:end]))
		return x, end, ok
	}
	if decimals <= 15 { // n < 2⁵³, both are floats
		return float64(int64(n)) / tens[decimals], end, true
	}
	return quotient(n, decimals), end, true
}

// leading reads the digits at the start of a word, up to 8.
func leading(word uint64) (n uint64, length int) {
	length = digits(word)
	return ofDigits((word - '0'*ones) << (64 - 8*uint(length))), length
}

// Eight bytes of text are read as one word, the first in its lowest bits.
const ones = 0x0101010101010101

// digits counts those at the start of a word.
func digits(word uint64) int {
	return bits.TrailingZeros64(noDigits(word)) / 8 // 8 where there is no other
}

// noDigits has a bit in every byte that is no digit, up to the first at least.
func noDigits(word uint64) uint64 {
	return ((word ^ '0'*ones) | ((word + 6*ones) ^ '0'*ones)) & (0xf0 * ones)
}

// ofDigits is the number of 8 digits, without a loop: it adds neighbours, then
// pairs, then fours.
func ofDigits(v uint64) uint64 {
	v = v*10 + v>>8
	return (v&0xff000000ff*(100+1000000<<32) + v>>16&0xff000000ff*(1+10000<<32)) >> 32
}

// parsed reads any number that strconv knows.
func parsed(text string) (x float64, ok bool) {
	x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return x, err == nil
}

// fieldEnd is where the next comma or end of a line is.
func fieldEnd(text []byte, at int) int {
	for ; ; at += 8 {
		word := binary.LittleEndian.Uint64(text[at:])
		if ends := zeros(word^','*ones) | zeros(word^'\n'*ones); ends != 0 {
			return at + bits.TrailingZeros64(ends)/8
		}
	}
}

// zeros has a bit in the first byte that is 0, and none before it.
func zeros(word uint64) uint64 { return (word - ones) &^ word & (0x80 * ones) }

// Powers of ten, all exact, and the 64 leading bits of one over each.
var (
	tens       [20]float64
	tensUint   [20]uint64
	reciprocal [20]uint64
)

func init() {
	for i, power := 0, uint64(1); i < len(tens); i, power = i+1, power*10 {
		tens[i], tensUint[i] = float64(power), power
		if i > 0 {
			reciprocal[i], _ = bits.Div64(1<<(bits.Len64(power)-1), 0, power)
		}
	}
}

// quotient is the float nearest to m/10^decimals, from 1 to 19 decimals. It
// multiplies, which leaves open whether the 62 or 63 first bits of the quotient
// are q or up to 2 more. Where that leaves the rounding open, it divides.
func quotient(m uint64, decimals int) float64 {
	if m == 0 {
		return 0
	}
	up := bits.LeadingZeros64(m)
	q, _ := bits.Mul64(m<<up, reciprocal[decimals])
	q >>= 1
	x := float64(int64(q))
	if x != float64(int64(q+2)) {
		return divided(m, decimals)
	}
	return x * math.Float64frombits(uint64(1023+2-bits.Len64(tensUint[decimals])-up)<<52)
}

// divided is quotient: 62 or 63 bits of it, with the last one set where there
// is a rest, round as the whole would.
func divided(m uint64, decimals int) float64 {
	d := tensUint[decimals]
	up, down := bits.LeadingZeros64(m), bits.LeadingZeros64(d)
	m <<= up
	q, rest := bits.Div64(m>>2, m<<62, d<<down)
	if rest != 0 {
		q |= 1
	}
	return float64(int64(q)) * math.Float64frombits(uint64(1023-62+down-up)<<52)
}

// usual reads a line with six decimals twice, behind a label of one byte. The
// length is 0 where it is none.
func usual(line *[20]byte) (champion, challenger uint32, length int) {
	const (
		start  = uint64(','|'0'<<8|'.'<<16) << 8
		middle = '0'*0x010101010101 | ','<<48 | '0'<<56
		finish = '.' | '0'*0x010101010101<<8 | '\n'<<56
	)
	// What is left are the values of the digits.
	a, b := binary.LittleEndian.Uint64(line[4:])^middle, binary.LittleEndian.Uint64(line[12:])^finish
	wrong := (binary.LittleEndian.Uint64(line[:])^start)&0xffffff00 |
		(a|(a+0x060606060606))&0xfffff0f0f0f0f0f0 | (b|(b+0x060606060606<<8))&0xfff0f0f0f0f0f0ff
	if wrong != 0 {
		return 0, 0, 0
	}
	return uint32(ofDigits(a << 16)), uint32(ofDigits(b << 8)), len(line)
}

// shorter reads a line with 1 to 6 decimals twice.
func shorter(line []byte) (champion, challenger uint32, length int) {
	champion, decimals := six(line, 1)
	at := 4 + decimals
	challenger, more := six(line, at)
	length = at + 3 + more + 1
	if decimals == 0 || more == 0 || line[length-1] != '\n' {
		return 0, 0, 0
	}
	return champion, challenger, length
}

// six reads a comma, 0. and up to 6 decimals as millionths; 0 decimals: it is
// something else.
func six(line []byte, at int) (k uint32, decimals int) {
	v := binary.LittleEndian.Uint64(line[at+3:])
	decimals = digits(v)
	if decimals > 6 || binary.LittleEndian.Uint32(line[at:])&0xffffff != ','|'0'<<8|'.'<<16 {
		return 0, 0
	}
	v = (v - '0'*ones) & (1<<(8*decimals) - 1)
	return uint32(ofDigits(v << 16)), decimals // two zeros before them, and as many behind as they are short of 6
}
