package catalogue

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// offer is the head of one bulk price file.
type offer struct {
	code, version string
	published     time.Time
}

// offered is one on-demand price of an offer file, as AWS writes it.
type offered struct {
	sku        string
	attributes map[string]string // names normalised
	from       string            // start of the price tier
	usd        string
}

// filter decides from a product's attributes whether its prices are read at all; offer files hold millions.
type filter func(attributes map[string]string) bool

// readOffer streams an offer file, CSV or JSON, and hands on the on-demand prices of the products that pass the filter.
func readOffer(r io.Reader, want filter, take func(offered)) (offer, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	first, err := buffered.Peek(1)
	if err != nil {
		return offer{}, fmt.Errorf("read the offer file: %w", err)
	}
	if first[0] == '{' {
		return readOfferJSON(buffered, want, take)
	}
	return readOfferCSV(buffered, want, take)
}

// head checks the metadata that every offer file starts with.
func head(values map[string]string) (offer, error) {
	o := offer{code: values["offercode"], version: values["version"]}
	published, err := time.Parse(time.RFC3339, values["publicationdate"])
	if err != nil {
		return o, fmt.Errorf("publication date %q: %w", values["publicationdate"], err)
	}
	o.published = published.UTC().Truncate(24 * time.Hour)
	if o.code == "" || o.version == "" {
		return o, errors.New("not an AWS offer file: no offer code or version")
	}
	return o, nil
}

// readOfferCSV reads AWS's CSV form: five lines of metadata, a header, then a line a price.
func readOfferCSV(r io.Reader, want filter, take func(offered)) (offer, error) {
	reader := csv.NewReader(r)
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	o, header, err := headOfCSV(reader)
	if err != nil {
		return o, err
	}
	for {
		cell, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return o, nil
		}
		if err != nil {
			return o, fmt.Errorf("read the offer file: %w", err)
		}
		attributes := make(map[string]string, len(header))
		for i, name := range header {
			if i < len(cell) && cell[i] != "" {
				attributes[name] = strings.Clone(cell[i])
			}
		}
		if attributes["termtype"] == "OnDemand" && attributes["currency"] == "USD" && want(attributes) {
			take(offered{sku: attributes["sku"], attributes: attributes, from: attributes["startingrange"], usd: attributes["priceperunit"]})
		}
	}
}

// headOfCSV reads up to the header, and gives the header's names.
func headOfCSV(reader *csv.Reader) (offer, []string, error) {
	meta := map[string]string{}
	for {
		cell, err := reader.Read()
		if err != nil {
			return offer{}, nil, fmt.Errorf("read the head of the offer file: %w", err)
		}
		switch {
		case cell[0] == "SKU":
			header := make([]string, 0, len(cell))
			for _, name := range cell {
				header = append(header, normal(name))
			}
			o, err := head(meta)
			return o, header, err
		case len(cell) >= 2 && len(meta) < 20:
			meta[normal(cell[0])] = cell[1]
		default:
			return offer{}, nil, errors.New("not an AWS offer file: no header line that starts with SKU")
		}
	}
}

type jsonProduct struct {
	Attributes map[string]string `json:"attributes"`
}

type jsonTerm struct {
	PriceDimensions map[string]struct {
		BeginRange   string            `json:"beginRange"`
		PricePerUnit map[string]string `json:"pricePerUnit"`
	} `json:"priceDimensions"`
}

// readOfferJSON reads AWS's JSON form: metadata, products by SKU, then terms by SKU.
func readOfferJSON(r io.Reader, want filter, take func(offered)) (offer, error) {
	d := json.NewDecoder(r)
	meta := map[string]string{}
	products := map[string]map[string]string{}
	seenProducts := false
	err := eachField(d, func(name string) error {
		switch name {
		case "products":
			seenProducts = true
			return eachField(d, func(sku string) error {
				var p jsonProduct
				if err := d.Decode(&p); err != nil {
					return err
				}
				attributes := map[string]string{}
				for name, value := range p.Attributes {
					attributes[normal(name)] = value
				}
				if want(attributes) {
					products[sku] = attributes
				}
				return nil
			})
		case "terms":
			if !seenProducts {
				return errors.New("not an AWS offer file: terms before products")
			}
			return readTerms(d, products, take)
		default:
			var value any
			if err := d.Decode(&value); err != nil {
				return err
			}
			if text, ok := value.(string); ok {
				meta[normal(name)] = text
			}
			return nil
		}
	})
	if err != nil {
		return offer{}, fmt.Errorf("read the offer file: %w", err)
	}
	return head(meta)
}

func readTerms(d *json.Decoder, products map[string]map[string]string, take func(offered)) error {
	return eachField(d, func(termType string) error {
		return eachField(d, func(sku string) error {
			attributes, ok := products[sku]
			if !ok || termType != "OnDemand" {
				var skipped json.RawMessage
				return d.Decode(&skipped)
			}
			var terms map[string]jsonTerm
			if err := d.Decode(&terms); err != nil {
				return err
			}
			for _, term := range terms {
				for _, dimension := range term.PriceDimensions {
					if usd, ok := dimension.PricePerUnit["USD"]; ok {
						take(offered{sku: sku, attributes: attributes, from: dimension.BeginRange, usd: usd})
					}
				}
			}
			return nil
		})
	})
}

// eachField reads one JSON object and calls field for each name, which must read the value.
func eachField(d *json.Decoder, field func(name string) error) error {
	open, err := d.Token()
	if err != nil {
		return err
	}
	if open != json.Delim('{') {
		return fmt.Errorf("found %v, expected an object", open)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		text, ok := name.(string)
		if !ok {
			return fmt.Errorf("found %v, expected a name", name)
		}
		if err := field(text); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
