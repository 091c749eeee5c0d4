package tenancy

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// part is one object of an archive: a gzip file of its own, with a stretch of the text that begins and ends anywhere. All of
// them, one after the other, are one gzip file too (RFC 1952, 2.2).
type part struct {
	Key    string `json:"key"`
	Bytes  int64  `json:"bytes"` // compressed
	Text   int64  `json:"text"`  // not compressed
	SHA256 string `json:"sha256"`
}

// DefaultPartBytes is how much text a part holds. Whoever goes on in the middle of an archive reads a part from its beginning.
const DefaultPartBytes = 1 << 30

// partKey is the key of a part, by its place from 0. That of the first is the archive's.
func partKey(archive string, place int) string {
	if place == 0 {
		return archive
	}
	return fmt.Sprintf("%s.%04d", archive, place+1)
}

// partWriter writes an archive's text into parts while it comes, so that its size matters neither to memory nor to disk.
type partWriter struct {
	ctx   context.Context //nolint:containedctx // of the one archive that it writes
	store Store
	key   string // of the archive
	size  int64
	done  []part
	open  *upload
}

// Write implements io.Writer.
func (w *partWriter) Write(text []byte) (written int, err error) {
	for written < len(text) {
		if w.open == nil {
			if w.open, err = startUpload(w.ctx, w.store, partKey(w.key, len(w.done))); err != nil {
				return written, err
			}
		}
		n := min(int64(len(text)-written), w.size-w.open.Text)
		if _, err := w.open.zipped.Write(text[written : written+int(n)]); err != nil {
			return written, err
		}
		w.open.Text += n
		written += int(n)
		if w.open.Text == w.size {
			if err := w.end(); err != nil {
				return written, err
			}
		}
	}
	return written, nil
}

// end ends the part that is being written, if there is one.
func (w *partWriter) end() error {
	if w.open == nil {
		return nil
	}
	done, err := w.open.end()
	w.open, w.done = nil, append(w.done, done)
	return err
}

// abort gives up the part that is being written.
func (w *partWriter) abort(cause error) {
	if w.open == nil {
		return
	}
	_ = w.open.pipe.CloseWithError(cause) // never fails
	<-w.open.result                       //nolint:errcheck // the part is given up, whatever came of it
}

// upload is a part on its way to the store.
type upload struct {
	part

	zipped *gzip.Writer
	pipe   *io.PipeWriter
	counts *countingWriter
	result chan error
}

func startUpload(ctx context.Context, store Store, key string) (*upload, error) {
	reader, writer := io.Pipe()
	u := &upload{part: part{Key: key}, pipe: writer, counts: &countingWriter{to: writer, sum: sha256.New()}, result: make(chan error, 1)}
	var err error
	if u.zipped, err = gzip.NewWriterLevel(u.counts, gzip.BestSpeed); err != nil { // time is what there is least of
		return nil, err
	}
	go func() {
		err := store.Put(ctx, key, reader)
		if err != nil {
			err = fmt.Errorf("write the archive %s: %w", key, err)
		}
		_ = reader.CloseWithError(errors.Join(errUploadEnded, err)) // gives no error
		u.result <- err
	}()
	return u, nil
}

//page:none it ends an upload and is never shown
var errUploadEnded = errors.New("the upload has ended")

func (u *upload) end() (part, error) {
	err := u.zipped.Close()
	u.pipe.CloseWithError(err) // nil: the end
	if stored := <-u.result; stored != nil {
		err = stored // and not what the writer made of it
	}
	u.Bytes, u.SHA256 = u.counts.bytes, hex.EncodeToString(u.counts.sum.Sum(nil))
	return u.part, err
}

type countingWriter struct {
	to    io.Writer
	sum   hash.Hash
	bytes int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.sum.Write(p[:n]) // gives no error
	c.bytes += int64(n)
	return n, err
}

// textReader reads an archive's text from a place on, part after part.
type textReader struct {
	ctx   context.Context //nolint:containedctx // of the one call that reads
	store Store
	left  []part
	body  io.ReadCloser // of the part that is being read
	text  *gzip.Reader
}

// openText opens the text of an archive from a byte on. It must be closed.
func (p *Provisioner) openText(ctx context.Context, m manifest, from int64) (io.ReadCloser, error) {
	r := &textReader{ctx: ctx, store: p.Archives, left: m.Parts}
	for len(r.left) > 0 && from >= r.left[0].Text {
		from -= r.left[0].Text
		r.left = r.left[1:]
	}
	buffered := struct {
		io.Reader
		io.Closer
	}{bufio.NewReaderSize(r, 1<<16), r}
	if _, err := io.CopyN(io.Discard, buffered, from); err != nil {
		return nil, errors.Join(fmt.Errorf("read the archive %s: %w", m.Key, err), r.Close())
	}
	return buffered, nil
}

// Read implements io.Reader.
func (r *textReader) Read(p []byte) (int, error) {
	for {
		if r.text == nil {
			if len(r.left) == 0 {
				return 0, io.EOF
			}
			if err := r.next(); err != nil {
				return 0, err
			}
		}
		n, err := r.text.Read(p)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		r.text = nil
		if n > 0 {
			return n, nil
		}
	}
}

func (r *textReader) next() (err error) {
	if err = r.Close(); err != nil {
		return err
	}
	if r.body, err = r.store.Get(r.ctx, r.left[0].Key); err != nil {
		return err
	}
	r.text, err = gzip.NewReader(r.body)
	r.left = r.left[1:]
	return err
}

// Close implements io.Closer.
func (r *textReader) Close() error {
	if r.body == nil {
		return nil
	}
	return r.body.Close()
}
