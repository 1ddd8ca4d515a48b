// Package foreign recognises a file of the wrong kind by the bytes that it begins
// with, so that an error can name what was given.
package foreign

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Enough is how many of a file's first bytes Kind needs.
const Enough = 512

// magic are the formats that begin with bytes of their own. A CSV or a JSON
// begins with none of them.
var magic = []struct{ bytes, is string }{
	{"PAR1", "a Parquet file"},
	{"ARROW1\x00\x00", "an Arrow or Feather file"},
	{"FEA1\x00\x00\x00\x00", "an old Feather file"},
	{"\xff\xff\xff\xff", "an Arrow stream"},
	{"Obj\x01", "an Avro file"},
	{"SQLite format 3\x00", "an SQLite database"},
	{"\x89HDF\r\n\x1a\n", "an HDF5 file"},
	{"\x93NUMPY", "a NumPy array"},
	{"ccopy_reg\n", "a Python pickle"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook of the old kind (xls)"},
	{"<stata_dta>", "a Stata file"},
	{"RDX2\n", "an R data file"},
	{"RDX3\n", "an R data file"},
	{"X\n\x00\x00", "an R data file"},
	{"%PDF-", "a PDF"},
	{"\x1f\x8b", "compressed with gzip"},
	{"\x28\xb5\x2f\xfd", "compressed with zstd"},
	{"BZh91AY&SY", "compressed with bzip2"},
	{"\xfd7zXZ\x00", "compressed with xz"},
	{"\x04\x22\x4d\x18", "compressed with LZ4"},
	{"\xff\x06\x00\x00sNaPpY", "compressed with snappy"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive"},
	{"\xff\xfe", "encoded in UTF-16"},
	{"\xfe\xff", "encoded in UTF-16"},
	{"version https://git-lfs", "a Git LFS pointer\ncheck out with lfs: true"},
}

// words are beginnings of text files, in any case.
var words = []struct{ word, is string }{
	{"<!doctype html", html},
	{"<html", html},
	{"<?xml", "XML, as of a server's error"},
}

const html = "an HTML page, as of a login or an error\nfetch the file again, with credentials"

// JSON is what Kind says of JSON.
const (
	JSON      = "JSON"
	JSONLines = "JSON lines"
)

// Kind is what a file with this beginning is, in words that follow "it is"; what to
// do about it may be on the next line. It is "" for what may be a CSV, or any other
// text.
func Kind(head []byte) string {
	for _, m := range magic {
		if bytes.HasPrefix(head, []byte(m.bytes)) {
			return m.is
		}
	}
	if is := structured(head); is != "" {
		return is
	}
	text := bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
	for _, w := range words {
		if len(text) >= len(w.word) && strings.EqualFold(string(text[:len(w.word)]), w.word) {
			return w.is
		}
	}
	return notation(text)
}

// structured recognises formats that take more than a fixed beginning to tell.
func structured(head []byte) string {
	second := byte(0)
	if len(head) > 1 {
		second = head[1]
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return archive(head)
	case len(head) > 1 && head[0] == 0x80 && second >= 2 && second <= 5:
		return "a Python pickle"
	case len(head) > 4 && bytes.HasPrefix(head, []byte("ORC")) && !printable(head[3]) && !printable(head[4]):
		return "an ORC file"
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return "a tar archive"
	case len(head) > 12 && string(head[8:12]) == "DUCK":
		return "a DuckDB database"
	case len(head) > 3 && len(bytes.Trim(head, "\x00")) == 0:
		return "nothing but zero bytes, as of a copy that was cut off"
	case len(head) > 3 && head[0] != 0 && second == 0 && head[2] != 0 && head[3] == 0, len(head) > 3 && head[0] == 0 && second != 0 && head[2] == 0 && head[3] != 0:
		return "encoded in UTF-16"
	}
	return ""
}

func printable(b byte) bool { return b >= ' ' && b <= '~' }

// archive is what is in a ZIP, by the name of its first file.
func archive(head []byte) string {
	first := string(head[min(len(head), 30):min(len(head), 100)])
	excel := []string{"[Content_Types].xml", "xl/", "_rels/", "docProps/"}
	switch {
	case slices.ContainsFunc(excel, func(name string) bool { return strings.HasPrefix(first, name) }):
		return "an Excel workbook"
	case strings.Contains(first, ".npy"):
		return "NumPy arrays (npz)"
	}
	return "a ZIP archive"
}

// notation is the format of a text that is no CSV.
func notation(text []byte) string {
	first, rest, lines := bytes.Cut(text, []byte("\n"))
	first = bytes.TrimSpace(first)
	switch {
	case bytes.HasPrefix(text, []byte("outs:")) && bytes.Contains(text, []byte("- ")), bytes.HasPrefix(text, []byte("md5: ")) && bytes.Contains(text, []byte("\nouts:")):
		return "a DVC pointer\nrun dvc pull, and name the file that it brings"
	case lines && begins(first, '{', "\"") && bytes.HasSuffix(first, []byte("}")) && begins(rest, '{', "\""):
		return JSONLines
	case begins(text, '{', "'"):
		return "what Python prints of a dict\nwrite it with json.dump, not with str or print"
	case begins(text, '{', "\"}"), begins(text, '[', "{[\"]"):
		return JSON
	}
	return ""
}

// begins reports whether a text begins with a byte and, behind space, one of others.
func begins(text []byte, with byte, behind string) bool {
	text = bytes.TrimSpace(text)
	if len(text) < 2 || text[0] != with {
		return false
	}
	text = bytes.TrimSpace(text[1:])
	return len(text) > 0 && strings.IndexByte(behind, text[0]) >= 0
}

// NotJSON is an error that says what a file is in place of JSON; nil where it may
// be malformed JSON.
func NotJSON(content []byte) error {
	is := Kind(content[:min(len(content), Enough)])
	if is == "" || is == JSON {
		return nil
	}
	is, mend, _ := strings.Cut(is, "\n")
	if mend != "" {
		mend = "\n" + mend
	}
	return fmt.Errorf("it is %s, expected JSON%s", is, mend)
}
