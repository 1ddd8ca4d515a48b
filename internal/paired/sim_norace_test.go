//go:build !race

package paired

const raced = false
