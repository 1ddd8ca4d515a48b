//go:build race

package triggers

const raced = true
