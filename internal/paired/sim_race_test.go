//go:build race

package paired

const raced = true
