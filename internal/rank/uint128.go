package rank

import (
	"math/big"
	"math/bits"
)

// A Uint128 is a sum of integers, wide enough for the squares of F of 2⁴⁰ rows.
// Overflow goes unnoticed.
type Uint128 struct{ high, low uint64 }

// Add adds another sum.
func (u *Uint128) Add(v Uint128) {
	var carry uint64
	u.low, carry = bits.Add64(u.low, v.low, 0)
	u.high += v.high + carry
}

// AddProduct adds x·y.
func (u *Uint128) AddProduct(x, y uint64) {
	high, low := bits.Mul64(x, y)
	u.Add(Uint128{high, low})
}

// AddProducts adds x·y as often as times.
func (u *Uint128) AddProducts(times, x, y uint64) {
	high, low := bits.Mul64(x, y)
	carried, low := bits.Mul64(low, times)
	u.Add(Uint128{high*times + carried, low})
}

// Int is the sum as a big integer.
func (u Uint128) Int() *big.Int {
	n := new(big.Int).SetUint64(u.high)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(u.low))
}
