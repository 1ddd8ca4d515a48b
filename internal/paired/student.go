package paired

import "math"

// largeFreedom is from where on Student's t is taken as normal with the first two
// terms of its expansion in 1/freedom. The rest is below 1e-12 of it.
const largeFreedom = 1e5

// normalTail is P(Z > z) of a standard normal Z.
func normalTail(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// density is that of a standard normal Z.
func density(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }

// NormalQuantile is the z with P(Z > z) = tail of a standard normal Z, 0 < tail < 1.
// The library's inverse works on 1 − 2·tail, which loses the digits of small
// tails. Newton's steps on the tail itself restore them.
func NormalQuantile(tail float64) float64 {
	if tail > 0.5 {
		return -NormalQuantile(1 - tail)
	}
	z := math.Sqrt2 * math.Erfinv(1-2*math.Max(tail, 1e-15))
	for range 4 {
		z += (normalTail(z) - tail) / density(z)
	}
	return z
}

// studentTail is P(T > t) of Student's t with that many degrees of freedom,
// which need not be whole; +Inf is the normal. By the incomplete beta function:
// DLMF 8.17 and Abramowitz & Stegun 26.7.
func studentTail(t, freedom float64) float64 {
	switch {
	case math.IsNaN(t) || !(freedom > 0):
		return math.NaN()
	case t < 0:
		return 1 - studentTail(-t, freedom)
	case freedom > largeFreedom:
		return normalTail(normalOf(t, freedom))
	}
	return incompleteBeta(freedom/(freedom+t*t), t*t/(freedom+t*t), freedom/2) / 2
}

// normalOf is the z with the same tail as t, for many degrees of freedom
// (Abramowitz & Stegun 26.7.8 is of order 1/freedom; this has the next term).
func normalOf(t, freedom float64) float64 {
	if math.IsInf(freedom, 1) {
		return t
	}
	t2 := t * t
	return t * (1 - (1+t2)/(4*freedom) + (3+8*t2+13*t2*t2)/(96*freedom*freedom))
}

// studentQuantile is the t with P(T > t) = tail, 0 < tail < 1.
func studentQuantile(tail, freedom float64) float64 {
	switch {
	case !(tail > 0 && tail < 1) || !(freedom > 0):
		return math.NaN()
	case tail == 0.5:
		return 0
	case tail > 0.5:
		return -studentQuantile(1-tail, freedom)
	case math.IsInf(freedom, 1):
		return NormalQuantile(tail)
	}
	low, high := 0.0, math.Max(1, NormalQuantile(tail))
	for studentTail(high, freedom) > tail { // few degrees of freedom: a heavy tail
		low, high = high, 2*high
	}
	low, high = bisect(low, high, 200, func(t float64) bool { return studentTail(t, freedom) <= tail })
	return low + (high-low)/2
}

// bisect narrows the range in which a condition begins to hold, so many times at most.
func bisect(low, high float64, times int, holds func(float64) bool) (float64, float64) {
	for range times {
		middle := low + (high-low)/2
		if middle == low || middle == high {
			break
		}
		if holds(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return low, high
}

// incompleteBeta is the regularised I_x(a, 1/2), y = 1 − x, by the continued
// fraction DLMF 8.17.22 on the side where it converges fast.
func incompleteBeta(x, y, a float64) float64 {
	if x == 0 || y == 0 {
		return math.Round(x) // 0 or 1
	}
	logX := math.Log1p(-y)
	if x < 0.5 {
		logX = math.Log(x)
	}
	front := math.Exp(a*logX+math.Log(y)/2+logHalfRatio(a)) / math.Sqrt(math.Pi)
	if x < (a+1)/(a+2.5) {
		return front / a * betaFraction(x, a, 0.5)
	}
	return 1 - front*2*betaFraction(y, 0.5, a)
}

// logHalfRatio is ln(Γ(a+1/2)/Γ(a)), by Stirling's series where the two
// logarithms would cancel (DLMF 5.11.13).
func logHalfRatio(a float64) float64 {
	if a < 60 {
		return math.Log(math.Gamma(a+0.5) / math.Gamma(a))
	}
	i := 1 / (a * a)
	return math.Log(a)/2 - (1.0/8-i*(1.0/192-i*(1.0/640-i*17.0/14336)))/a
}

// betaFraction is the continued fraction of I_x(a, b), by Lentz's method.
func betaFraction(x, a, b float64) float64 {
	const tiny = 1e-300
	guard := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/guard(1-(a+b)*x/(a+1))
	h := d
	for m := 1.0; m < 1e5; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d, c = 1/guard(1+even*d), guard(1+even/c)
		h *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d, c = 1/guard(1+odd*d), guard(1+odd/c)
		h *= d * c
		if math.Abs(d*c-1) < 1e-16 {
			break
		}
	}
	return h
}
