package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"slices"
	"strings"
	"time"
)

// entry is a file of an archive.
type entry struct {
	name       string // with slashes
	text       []byte
	executable bool
	link       string // another entry, whose file this is as well; it is sorted before
}

// packedAt is every file's time: what is the same has the same bytes whenever it is packed.
var packedAt = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// archive packs the files into one folder: sorted, and with nothing of the machine or of the person who packs.
func archive(folder string, entries []entry) ([]byte, error) {
	entries = slices.SortedFunc(slices.Values(entries), func(a, b entry) int { return strings.Compare(a.name, b.name) })
	var packed bytes.Buffer
	compressed, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	files := tar.NewWriter(compressed)
	for _, e := range entries {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: folder + "/" + e.name, Size: int64(len(e.text)), Mode: 0o644, ModTime: packedAt, Format: tar.FormatUSTAR,
		}
		if e.executable {
			header.Mode = 0o755
		}
		if e.link != "" {
			header.Typeflag, header.Linkname, header.Mode = tar.TypeLink, folder+"/"+e.link, 0o755
		}
		if err := files.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("pack %s: %w", e.name, err)
		}
		if _, err := files.Write(e.text); err != nil {
			return nil, fmt.Errorf("pack %s: %w", e.name, err)
		}
	}
	if err := files.Close(); err != nil {
		return nil, err
	}
	if err := compressed.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}
