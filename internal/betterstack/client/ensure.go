package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/internal/betterstack"
)

// Ensure makes an object, unless there is one with the same key: that one gets the attributes, and found is true. An answer that was
// lost is looked for in the same way, so that nothing is made twice.
func (c *Client) Ensure(ctx context.Context, k *betterstack.Kind, page string, attributes map[string]any) (object Object, found bool, err error) {
	key, asked := text(attributes[betterstack.Snake(k.Key)]), false
	err = c.repeat(ctx, func() error {
		there, err := c.find(ctx, k, page, key)
		if err != nil {
			return err
		}
		if there.ID != "" {
			found = !asked
			return c.call(ctx, http.MethodPatch, path(k, page)+"/"+url.PathEscape(there.ID), attributes, &object)
		}
		asked = true
		err = c.call(ctx, http.MethodPost, path(k, page), attributes, &object)
		if err == nil && object.ID == "" {
			return fmt.Errorf("read Better Stack's answer to POST %s: it has no ID", path(k, page))
		}
		return err
	})
	return object, found, err
}

// list is one page of a list.
type list struct {
	Data       []Object `json:"data"`
	Pagination struct {
		Next string `json:"next"`
	} `json:"pagination"`
}

// find looks for the object with a key. Two of them are an error, as nobody knows which is meant.
func (c *Client) find(ctx context.Context, k *betterstack.Kind, page, key string) (Object, error) {
	field := betterstack.Snake(k.Key)
	query := url.Values{"per_page": {fmt.Sprint(perPage)}}
	if k.Filter {
		query.Set(field, key)
	}
	var found []Object
	for number := 1; ; number++ {
		query.Set("page", fmt.Sprint(number))
		var l list
		if err := c.call(ctx, http.MethodGet, path(k, page)+"?"+query.Encode(), nil, &l); err != nil {
			return Object{}, err
		}
		for _, object := range l.Data {
			if text(object.Attributes[field]) == key {
				found = append(found, object)
			}
		}
		if l.Pagination.Next == "" {
			break
		}
	}
	switch len(found) {
	case 0:
		return Object{}, nil
	case 1:
		return found[0], nil
	}
	var ids []string
	for _, object := range found {
		ids = append(ids, object.ID)
	}
	return Object{}, fmt.Errorf("there are %d at Better Stack's %s with the %s %q: %s; delete all but one of them there, which is then taken over",
		len(ids), path(k, page), field, key, strings.Join(ids, ", "))
}

// text is a value of a key: IDs are numbers in some answers and texts in others.
func text(value any) string {
	if number, ok := value.(float64); ok {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}
