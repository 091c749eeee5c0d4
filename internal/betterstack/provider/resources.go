package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/genericcorp/platform/internal/betterstack"
	"github.com/genericcorp/platform/internal/betterstack/client"
)

// Check finds every mistake in the inputs, and brings lists without an order into one.
func (*Provider) Check(_ context.Context, r plugin.CheckRequest) (plugin.CheckResponse, error) {
	k, err := find(r.Type)
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	properties := resource.PropertyMap{}
	for key, value := range r.News {
		if f := k.Field(string(key)); f != nil {
			value = canonical(f.Type, value)
		}
		if !value.IsNull() {
			properties[key] = value
		}
	}
	return plugin.CheckResponse{Properties: properties, Failures: checkInputs(k, properties)}, nil
}

// Diff compares inputs, which a refresh has taken from Better Stack. On another page it is another object, and the old one goes first.
func (*Provider) Diff(_ context.Context, r plugin.DiffRequest) (plugin.DiffResponse, error) {
	k, err := find(r.Type)
	if err != nil {
		return plugin.DiffResponse{}, err
	}
	diff := plugin.DiffResponse{Changes: plugin.DiffNone, DeleteBeforeReplace: true, DetailedDiff: map[string]plugin.PropertyDiff{}}
	for _, name := range names(k) {
		before, had := given(r.OldInputs, name)
		after, has := given(r.NewInputs, name)
		kind := plugin.DiffUpdate
		switch {
		case !had && !has, had && has && before.DeepEquals(after):
			continue
		case !had:
			kind = plugin.DiffAdd
		case !has:
			kind = plugin.DiffDelete
		}
		key := resource.PropertyKey(name)
		if name == betterstack.ParentInput {
			kind = plugin.DiffUpdateReplace
			diff.ReplaceKeys = append(diff.ReplaceKeys, key)
		}
		diff.Changes = plugin.DiffSome
		diff.ChangedKeys = append(diff.ChangedKeys, key)
		diff.DetailedDiff[name] = plugin.PropertyDiff{Kind: kind, InputDiff: true}
	}
	return diff, nil
}

// Create makes an object, or takes over the one that has its key.
func (p *Provider) Create(ctx context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	k, err := find(r.Type)
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	if r.Preview {
		return plugin.CreateResponse{Properties: r.Properties}, nil
	}
	ctx, cancel := p.until(ctx)
	defer cancel()
	page := pageOf(k, r.Properties)
	object, found, err := p.client.Ensure(ctx, k, page, encode(k, r.Properties))
	if err != nil {
		return plugin.CreateResponse{Status: resource.StatusUnknown}, p.explain(err)
	}
	id := identify(k, page, object.ID)
	if found {
		p.keep(id)
		p.note(ctx, r.URN, fmt.Sprintf("Better Stack had one with this %s already, %s, which was taken over", betterstack.Snake(k.Key), id))
	}
	return plugin.CreateResponse{ID: id, Properties: outputs(k, page, object, r.Properties), Status: resource.StatusOK}, nil
}

// Read tells what there is now. An ID alone is enough, for what is imported.
func (p *Provider) Read(ctx context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) {
	k, err := find(r.Type)
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	page, id, err := split(k, r.ID)
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	ctx, cancel := p.until(ctx)
	defer cancel()
	object, ok, err := p.client.Get(ctx, k, page, id)
	if err != nil {
		return plugin.ReadResponse{Status: resource.StatusUnknown}, p.explain(err)
	}
	if !ok {
		return plugin.ReadResponse{Status: resource.StatusOK}, nil // without an ID: it is gone
	}
	properties := outputs(k, page, object, r.Inputs)
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{ID: r.ID, Inputs: properties, Outputs: properties}, Status: resource.StatusOK}, nil
}

// Update changes what differs. A field that is no longer given keeps its value.
func (p *Provider) Update(ctx context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	k, err := find(r.Type)
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	if r.Preview {
		return plugin.UpdateResponse{Properties: r.NewInputs}, nil
	}
	page, id, err := split(k, r.ID)
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	changed := resource.PropertyMap{}
	for key, value := range r.NewInputs {
		if before, ok := given(r.OldInputs, string(key)); !ok || !before.DeepEquals(value) {
			changed[key] = value
		}
	}
	ctx, cancel := p.until(ctx)
	defer cancel()
	object, err := p.client.Update(ctx, k, page, id, encode(k, changed))
	if err != nil {
		return plugin.UpdateResponse{Status: resource.StatusUnknown}, p.explain(err)
	}
	return plugin.UpdateResponse{Properties: outputs(k, page, object, r.NewInputs), Status: resource.StatusOK}, nil
}

// Delete removes an object. One that this run has taken over stays: a replacement that somebody demands makes the new one first, which is the
// old one then.
func (p *Provider) Delete(ctx context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	k, err := find(r.Type)
	if err != nil {
		return plugin.DeleteResponse{}, err
	}
	page, id, err := split(k, r.ID)
	if err != nil || p.isKept(r.ID) {
		return plugin.DeleteResponse{}, err
	}
	ctx, cancel := p.until(ctx)
	defer cancel()
	if err := p.client.Delete(ctx, k, page, id); err != nil {
		return plugin.DeleteResponse{Status: resource.StatusUnknown}, p.explain(err)
	}
	return plugin.DeleteResponse{Status: resource.StatusOK}, nil
}

// outputs are the fields that were given, as Better Stack has them now.
func outputs(k *betterstack.Kind, page string, object client.Object, like resource.PropertyMap) resource.PropertyMap {
	properties := decode(k, object.Attributes, like)
	if k.OnPage() {
		properties[betterstack.ParentInput] = resource.NewProperty(page)
	}
	return properties
}

// names are those of all inputs.
func names(k *betterstack.Kind) []string {
	var all []string
	if k.OnPage() {
		all = append(all, betterstack.ParentInput)
	}
	for _, f := range k.Fields {
		all = append(all, f.Name)
	}
	return all
}

// pageOf is the page that an object stands on; empty where there is none.
func pageOf(k *betterstack.Kind, inputs resource.PropertyMap) string {
	if !k.OnPage() {
		return ""
	}
	value, _ := given(inputs, betterstack.ParentInput)
	return value.StringValue()
}

// identify is the engine's ID of an object: on a page, it is <page>/<id>, as in Better Stack's own provider's imports.
func identify(k *betterstack.Kind, page, id string) resource.ID {
	if k.OnPage() {
		return resource.ID(page + "/" + id)
	}
	return resource.ID(id)
}

// split is the reverse of identify.
func split(k *betterstack.Kind, id resource.ID) (page, own string, err error) {
	if !k.OnPage() {
		return "", string(id), nil
	}
	page, own, ok := strings.Cut(string(id), "/")
	if !ok || page == "" || own == "" {
		return "", "", fmt.Errorf("ID %q: expected the status page's and its own, such as 12/345", id)
	}
	return page, own, nil
}
