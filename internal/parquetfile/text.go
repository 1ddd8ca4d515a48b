package parquetfile

import (
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// A Text appends a value that is not null to a text.
type Text func(text []byte, v parquet.Value) []byte

// Text returns how the values of a column are written: by what the file says that
// they mean, else by how they are stored.
func (f *File) Text(column *parquet.Column) Text {
	if f.isFloat16(column) {
		return appendFloat16
	}
	return textOf(column.Type())
}

// isFloat16 reports whether a column holds half-precision floats, a type that
// the library hands out as two bytes.
func (f *File) isFloat16(column *parquet.Column) bool {
	for _, e := range f.Metadata().Schema {
		if _, ok := e.LogicalType.Value.(*format.Float16Type); ok && e.Name == column.Name() {
			return true
		}
	}
	return false
}

func textOf(t parquet.Type) Text {
	if logical := t.LogicalType(); logical != nil {
		switch l := logical.Value.(type) {
		case *format.IntType:
			if !l.IsSigned {
				return unsigned(t.Kind())
			}
		case *format.DecimalType:
			return decimal(t.Kind(), int(l.Scale))
		case *format.DateType:
			return appendDate
		case *format.TimestampType:
			return timestamp(unitOf(l.Unit), l.IsAdjustedToUTC)
		case *format.TimeType:
			return timeOfDay(t.Kind(), unitOf(l.Unit))
		case *format.UUIDType:
			return appendUUID
		}
	}
	switch t.Kind() {
	case parquet.Boolean:
		return func(text []byte, v parquet.Value) []byte { return strconv.AppendBool(text, v.Boolean()) }
	case parquet.Int32:
		return func(text []byte, v parquet.Value) []byte { return strconv.AppendInt(text, int64(v.Int32()), 10) }
	case parquet.Int64:
		return func(text []byte, v parquet.Value) []byte { return strconv.AppendInt(text, v.Int64(), 10) }
	case parquet.Int96:
		return appendInt96
	case parquet.Float:
		return func(text []byte, v parquet.Value) []byte {
			return strconv.AppendFloat(text, float64(v.Float()), 'g', -1, 32)
		}
	case parquet.Double:
		return func(text []byte, v parquet.Value) []byte { return strconv.AppendFloat(text, v.Double(), 'g', -1, 64) }
	}
	return func(text []byte, v parquet.Value) []byte { return append(text, v.ByteArray()...) }
}

func unsigned(kind parquet.Kind) Text {
	if kind == parquet.Int32 {
		return func(text []byte, v parquet.Value) []byte { return strconv.AppendUint(text, uint64(v.Uint32()), 10) }
	}
	return func(text []byte, v parquet.Value) []byte { return strconv.AppendUint(text, v.Uint64(), 10) }
}

// integer returns the whole number that a value is stored as; byte arrays are
// big-endian two's complement.
func integer(kind parquet.Kind, v parquet.Value) *big.Int {
	switch kind {
	case parquet.Int32:
		return big.NewInt(int64(v.Int32()))
	case parquet.Int64:
		return big.NewInt(v.Int64())
	}
	b := v.ByteArray()
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// MaxScale is far more decimals than any writer uses. A broken file may claim so
// many that a single value would fill the memory.
const MaxScale = 1000

// Scale is how many decimals a fixed-point column has; 0 for others.
func Scale(t parquet.Type) int32 {
	if logical := t.LogicalType(); logical != nil {
		if d, ok := logical.Value.(*format.DecimalType); ok {
			return d.Scale
		}
	}
	return 0
}

// decimal writes a fixed-point number with all of its decimals: 1250 of scale
// 2 is 12.50.
func decimal(kind parquet.Kind, scale int) Text {
	return func(text []byte, v parquet.Value) []byte {
		n := integer(kind, v)
		if scale == 0 {
			return n.Append(text, 10)
		}
		if n.Sign() < 0 {
			text = append(text, '-')
			n.Neg(n)
		}
		digits := n.String()
		if short := scale + 1 - len(digits); short > 0 {
			digits = strings.Repeat("0", short) + digits
		}
		point := len(digits) - scale
		text = append(text, digits[:point]...)
		text = append(text, '.')
		return append(text, digits[point:]...)
	}
}

// unitOf returns how many nanoseconds a stored time unit has.
func unitOf(u format.TimeUnit) int64 {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return 1e6
	case *format.MicroSeconds:
		return 1e3
	}
	return 1
}

func timestamp(unit int64, utc bool) Text {
	layout := "2006-01-02T15:04:05.999999999"
	if utc {
		layout += "Z07:00"
	}
	perSecond := int64(1e9) / unit
	return func(text []byte, v parquet.Value) []byte {
		n := v.Int64()
		return time.Unix(n/perSecond, n%perSecond*unit).UTC().AppendFormat(text, layout)
	}
}

func timeOfDay(kind parquet.Kind, unit int64) Text {
	return func(text []byte, v parquet.Value) []byte {
		n := v.Int64()
		if kind == parquet.Int32 {
			n = int64(v.Int32())
		}
		return time.Unix(0, n*unit).UTC().AppendFormat(text, "15:04:05.999999999")
	}
}

func appendDate(text []byte, v parquet.Value) []byte {
	return time.Unix(int64(v.Int32())*86400, 0).UTC().AppendFormat(text, time.DateOnly)
}

// appendInt96 writes the timestamp of old writers: nanoseconds of the day, and
// the Julian day, of which 2440588 is 1970-01-01. It has no zone.
func appendInt96(text []byte, v parquet.Value) []byte {
	i := v.Int96()
	nanos, day := int64(i[1])<<32|int64(i[0]), int64(i[2])
	return time.Unix((day-2440588)*86400, nanos).UTC().AppendFormat(text, "2006-01-02T15:04:05.999999999")
}

func appendUUID(text []byte, v parquet.Value) []byte {
	b := v.ByteArray()
	if len(b) != 16 {
		return append(text, b...)
	}
	text = hex.AppendEncode(text, b[:4])
	for _, group := range [][]byte{b[4:6], b[6:8], b[8:10], b[10:]} {
		text = hex.AppendEncode(append(text, '-'), group)
	}
	return text
}

// appendFloat16 writes a half-precision float, as the float32 that is equal to
// it: the shortest digits that read back, as a float32, as the same number.
func appendFloat16(text []byte, v parquet.Value) []byte {
	b := v.ByteArray()
	if len(b) != 2 {
		return append(text, b...)
	}
	h := uint32(b[0]) | uint32(b[1])<<8
	fraction, exponent := float64(h&0x3ff), int(h>>10&0x1f)
	var x float64
	switch {
	case exponent == 0:
		x = math.Ldexp(fraction, -24)
	case exponent < 31:
		x = math.Ldexp(1024+fraction, exponent-25)
	case fraction == 0:
		x = math.Inf(1)
	default:
		x = math.NaN()
	}
	if h&0x8000 != 0 {
		x = -x
	}
	return strconv.AppendFloat(text, x, 'g', -1, 32)
}
