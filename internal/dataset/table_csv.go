package dataset

import (
	"runtime"
	"sync"
)

// chunkedTable reads a CSV into the table in chunks, on all processors. At a cell that
// is wrong it gives up with errPlain.
func (f *file) chunkedTable(into *table, quoted bool) error {
	t, err := f.csvText()
	if err != nil {
		return err
	}
	indexes, err := find(f.name, t.header, into.columns())
	if err != nil {
		return errPlain
	}
	if err := f.makeRoom(into); err != nil {
		return errPlain
	}
	fields := make([][]field, runtime.GOMAXPROCS(0)) // of the row that each worker reads
	for i := range fields {
		fields[i] = make([]field, len(t.header))
	}
	w := windowsInTurn{into: into, waiting: map[int]*table{}}
	_, err = t.chunks(len(fields), quoted, func(worker, chunk int, text []byte, quoted bool) (err error) {
		window := w.get()
		if quoted {
			err = window.addQuoted(text, indexes, len(t.header))
		} else {
			err = window.addLines(text, indexes, fields[worker])
		}
		w.put(chunk, window)
		return err
	})
	return err
}

// A field is where a field of a row begins and ends in a text.
type field struct{ begin, end int }

// addLines adds the rows of a text without quotes, behind which there are bytes
// that may be looked at.
func (t *table) addLines(text []byte, indexes []int, fields []field) error {
	last := len(fields) - 1
	for at, end := 0, len(text)-beyond; at < end; {
		if text[at] == '\n' {
			at++
			continue
		}
		for i := range fields {
			begin := at
			at = fieldEnd(text, at)
			if (i == last) != (text[at] == '\n') {
				return errPlain
			}
			fields[i] = field{begin, at}
			at++
		}
		for i := range t.texts {
			cell := fields[indexes[i]]
			t.texts[i].add(text[cell.begin:cell.end])
		}
		for i, index := range indexes[len(t.texts):] {
			x, _, ok := number(text, fields[index].begin)
			if !ok {
				return errPlain
			}
			t.numbers[i] = append(t.numbers[i], x)
		}
	}
	return nil
}

// addQuoted adds rows some of whose fields are in quotes.
func (t *table) addQuoted(text []byte, indexes []int, fields int) error {
	return quotedRows(text, fields, func(row []string) error {
		for i := range t.texts {
			t.texts[i].add([]byte(row[indexes[i]]))
		}
		for i, index := range indexes[len(t.texts):] {
			x, ok := parsed(row[index])
			if !ok {
				return errPlain
			}
			t.numbers[i] = append(t.numbers[i], x)
		}
		return nil
	})
}

// windowsInTurn appends the tables of single chunks to the whole table in the order
// of the file, in whatever order they were read.
type windowsInTurn struct {
	sync.Mutex
	into    *table
	next    int // chunk
	waiting map[int]*table
	free    []*table
}

func (w *windowsInTurn) get() *table {
	w.Lock()
	defer w.Unlock()
	if n := len(w.free); n > 0 {
		window := w.free[n-1]
		w.free = w.free[:n-1]
		return window
	}
	names, categories := w.into.columns(), len(w.into.texts)
	return newTable(names[:categories], names[categories:])
}

func (w *windowsInTurn) put(chunk int, window *table) {
	w.Lock()
	defer w.Unlock()
	w.waiting[chunk] = window
	for window = w.waiting[w.next]; window != nil; window = w.waiting[w.next] {
		w.into.append(window)
		delete(w.waiting, w.next)
		w.next++
		w.free = append(w.free, window)
	}
}

// append moves the rows of a window to the table, and leaves the window empty.
func (t *table) append(window *table) {
	t.join(window)
	for i := range t.texts {
		c := &window.texts[i]
		t.texts[i].Codes = append(t.texts[i].Codes, c.Codes...)
		c.Codes, c.Texts = c.Codes[:0], c.Texts[:0]
		clear(c.codes)
	}
	for i := range t.numbers {
		t.numbers[i] = append(t.numbers[i], window.numbers[i]...)
		window.numbers[i] = window.numbers[i][:0]
	}
}

// truncate keeps so many rows from the start.
func (t *table) truncate(rows int) {
	for i := range t.texts {
		t.texts[i].Codes = t.texts[i].Codes[:rows]
	}
	for i := range t.numbers {
		t.numbers[i] = t.numbers[i][:rows]
	}
}
