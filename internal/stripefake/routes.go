package stripefake

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// route does what a request asks for.
func (s *Server) route(r *http.Request) (fields, *refusal) {
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	collection, id := path[0], ""
	if collection == "billing" && len(path) > 1 {
		collection, path = path[1], path[1:]
	}
	if len(path) > 1 {
		id = path[1]
	}
	if r.Method == http.MethodGet {
		return s.get(collection, id, len(path) == 3 && path[2] == "event_summaries", r.Form)
	}
	if do, known := routes[r.Method+" "+collection]; known {
		return do(s, id, r.Form)
	}
	return nil, &refusal{status: http.StatusNotFound, kind: "invalid_request_error", reason: "Unrecognized request URL (" + r.Method + ": " + r.URL.Path + ")"}
}

var routes = map[string]func(s *Server, id string, form url.Values) (fields, *refusal){
	"POST products":        (*Server).product,
	"POST prices":          (*Server).price,
	"POST customers":       (*Server).customer,
	"POST meters":          (*Server).meter,
	"POST meter_events":    (*Server).used,
	"POST subscriptions":   (*Server).subscribeOrChange,
	"DELETE subscriptions": (*Server).cancel,

	"POST webhook_endpoints":   (*Server).endpoint,
	"DELETE webhook_endpoints": (*Server).removeEndpoint,
}

func (s *Server) get(collection, id string, sums bool, form url.Values) (fields, *refusal) {
	switch {
	case sums:
		return s.sums(id, form)
	case id == "":
		return s.list(collection, form)
	}
	if o := s.find(kinds[collection], id); o != nil {
		return o.fields, nil
	}
	return nil, missing(kinds[collection], id)
}

func (s *Server) subscribeOrChange(id string, form url.Values) (fields, *refusal) {
	if id != "" {
		return s.change(id, form)
	}
	return s.subscribe(form)
}

var kinds = map[string]string{
	"products": "product", "prices": "price", "customers": "customer", "meters": "billing.meter", "subscriptions": "subscription", "invoices": "invoice",
	"webhook_endpoints": "webhook_endpoint",
}

// list gives a page, newest first. https://docs.stripe.com/api/pagination
func (s *Server) list(collection string, form url.Values) (fields, *refusal) {
	kind, known := kinds[collection]
	if !known {
		return nil, missing("collection", collection)
	}
	limit, err := strconv.Atoi(form.Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		return nil, invalid("limit", "This value must be between 1 and 100.")
	}
	after, data, more := form.Get("starting_after"), []fields{}, false
	for _, o := range slices.Backward(s.objects) {
		if o.kind != kind || !matches(o.fields, form) {
			continue
		}
		if after != "" {
			if o.fields["id"] == after {
				after = ""
			}
			continue
		}
		if len(data) == limit {
			more = true
			break
		}
		data = append(data, o.fields)
	}
	return fields{"object": "list", "url": "/v1/" + collection, "has_more": more, "data": data}, nil
}

// matches says whether an object is asked for. Without a status, subscriptions that were cancelled are not, and prices that are archived
// only by that. https://docs.stripe.com/api/subscriptions/list, https://docs.stripe.com/api/prices/list
func matches(f fields, form url.Values) bool {
	if customer := form.Get("customer"); customer != "" && f["customer"] != customer {
		return false
	}
	if f["object"] == "price" && f["active"] != (form.Get("active") != "false") {
		return false
	}
	status := form.Get("status")
	if f["object"] == "subscription" && status == "" {
		return f["status"] != "canceled"
	}
	return status == "" || status == "all" || f["status"] == status
}

func (s *Server) product(_ string, form url.Values) (fields, *refusal) {
	id := form.Get("id")
	if s.find("product", id) != nil {
		return nil, &refusal{status: http.StatusBadRequest, kind: "invalid_request_error", code: "resource_already_exists", param: "id", reason: "Product already exists."}
	}
	return s.add("product", fields{"id": id, "name": form.Get("name"), "active": true}), nil
}

func (s *Server) price(_ string, form url.Values) (fields, *refusal) {
	if s.find("product", form.Get("product")) == nil {
		return nil, missing("product", form.Get("product"))
	}
	key := form.Get("lookup_key")
	for _, o := range s.objects {
		if o.kind == "price" && o.fields["lookup_key"] == key {
			return nil, invalid("lookup_key", "A price already uses that lookup key.")
		}
	}
	cents, err := strconv.ParseInt(form.Get("unit_amount"), 10, 64)
	if err != nil || form.Get("currency") != "usd" || form.Get("recurring[interval]") != "month" {
		return nil, invalid("unit_amount", "Invalid price.")
	}
	return s.add("price", fields{"id": s.id("price"), "product": form.Get("product"), "lookup_key": key, "unit_amount": cents, "active": true, "currency": "usd"}), nil
}

func (s *Server) customer(id string, form url.Values) (fields, *refusal) {
	if id != "" {
		return s.readdress(id, form)
	}
	return s.add("customer", fields{"id": s.id("cus"), "email": form.Get("email"), "name": form.Get("name"), "metadata": metadata(form)}), nil
}

// readdress changes a customer's address. https://docs.stripe.com/api/customers/update
func (s *Server) readdress(id string, form url.Values) (fields, *refusal) {
	customer := s.find("customer", id)
	if customer == nil {
		return nil, missing("customer", id)
	}
	if !strings.Contains(form.Get("email"), "@") {
		return nil, invalid("email", "Invalid email address: "+form.Get("email"))
	}
	customer.fields["email"] = form.Get("email")
	return customer.fields, nil
}

func metadata(form url.Values) map[string]string {
	found := map[string]string{}
	for key := range form {
		if name, is := strings.CutPrefix(key, "metadata["); is {
			found[strings.TrimSuffix(name, "]")] = form.Get(key)
		}
	}
	return found
}

// subscribe needs an address for invoices that are sent. https://docs.stripe.com/api/subscriptions/create
func (s *Server) subscribe(form url.Values) (fields, *refusal) {
	customer := s.find("customer", form.Get("customer"))
	if customer == nil {
		return nil, missing("customer", form.Get("customer"))
	}
	price := s.find("price", form.Get("items[0][price]"))
	if price == nil {
		return nil, missing("price", form.Get("items[0][price]"))
	}
	days, err := strconv.Atoi(form.Get("days_until_due"))
	if form.Get("collection_method") != "send_invoice" || err != nil || customer.fields["email"] == "" {
		return nil, invalid("collection_method", "Missing email or days until due.")
	}
	item := fields{"id": s.id("si"), "object": "subscription_item", "price": price.fields, "current_period_start": s.now().Unix()}
	made := s.add("subscription", fields{
		"id": s.id("sub"), "customer": customer.fields["id"], "status": "active", "metadata": metadata(form), "start_date": s.now().Unix(),
		"items": fields{"object": "list", "has_more": false, "data": []fields{item}},
	})
	s.add("invoice", fields{
		"id": s.id("in"), "customer": customer.fields["id"], "status": "open", "amount_due": price.fields["unit_amount"], "due_date": s.now().AddDate(0, 0, days).Unix(),
		"status_transitions": fields{"finalized_at": s.now().Unix()}, "parent": fields{"type": "subscription_details", "subscription_details": fields{"subscription": made["id"]}},
	})
	return made, nil
}

func (s *Server) change(id string, form url.Values) (fields, *refusal) {
	o := s.find("subscription", id)
	if o == nil || o.fields["status"] == "canceled" {
		return nil, missing("subscription", id)
	}
	price := s.find("price", form.Get("items[0][price]"))
	item := items(o.fields)[0]
	if price == nil || form.Get("items[0][id]") != item["id"] {
		return nil, missing("price", form.Get("items[0][price]"))
	}
	if form.Get("proration_behavior") == "create_prorations" {
		s.prorations[id]++
	}
	item["price"] = price.fields
	kept, _ := o.fields["metadata"].(map[string]string) // always made so
	for key, value := range metadata(form) {
		kept[key] = value
	}
	return o.fields, nil
}

func items(subscription fields) []fields {
	list, _ := subscription["items"].(fields) // always made so
	data, _ := list["data"].([]fields)        // always made so
	return data
}

// cancel refuses one that was cancelled before. https://docs.stripe.com/api/subscriptions/cancel
func (s *Server) cancel(id string, _ url.Values) (fields, *refusal) {
	o := s.find("subscription", id)
	if o == nil || o.fields["status"] == "canceled" {
		return nil, missing("subscription", id)
	}
	o.fields["status"], o.fields["ended_at"] = "canceled", s.now().Unix()
	return o.fields, nil
}

func (s *Server) meter(_ string, form url.Values) (fields, *refusal) {
	name := form.Get("event_name")
	for _, o := range s.objects {
		if o.kind == "billing.meter" && o.fields["event_name"] == name {
			return nil, invalid("event_name", "There is already an active meter with this event name.")
		}
	}
	return s.add("billing.meter", fields{"id": s.id("mtr"), "event_name": name, "status": "active", "event_time_window": form.Get("event_time_window"),
		"display_name": form.Get("display_name"), "default_aggregation": fields{"formula": form.Get("default_aggregation[formula]")}}), nil
}

type usage struct {
	event, customer, identifier string
	value                       int64
	at, received                time.Time
}

// used has Stripe's rules for usage: an identifier once in a rolling 24 hours, at most 35 days in the past, 5 minutes in the future.
// https://docs.stripe.com/api/billing/meter-event/create
func (s *Server) used(_ string, form url.Values) (fields, *refusal) {
	seconds, err := strconv.ParseInt(form.Get("timestamp"), 10, 64)
	at := time.Unix(seconds, 0).UTC()
	if err != nil || at.Before(s.now().AddDate(0, 0, -35)) || at.After(s.now().Add(5*time.Minute)) {
		return nil, invalid("timestamp", "The timestamp must be within the past 35 calendar days or up to 5 minutes in the future.")
	}
	value, err := strconv.ParseInt(form.Get("payload[value]"), 10, 64)
	if err != nil {
		return nil, invalid("payload", "The value must be a number.")
	}
	told := usage{event: form.Get("event_name"), customer: form.Get("payload[stripe_customer_id]"), identifier: form.Get("identifier"), value: value, at: at, received: s.now()}
	if s.find("customer", told.customer) == nil {
		return nil, missing("customer", told.customer)
	}
	if len(told.identifier) > 100 {
		return nil, invalid("identifier", "Must be at most 100 characters.")
	}
	for _, before := range s.usage {
		if before.identifier == told.identifier && s.now().Sub(before.received) < keepsKeys {
			return nil, invalid("identifier", "An event already exists with identifier "+told.identifier+".")
		}
	}
	s.usage = append(s.usage, told)
	return fields{"object": "billing.meter_event", "identifier": told.identifier, "event_name": told.event, "timestamp": seconds, "livemode": false}, nil
}

// sums gives what counts of each hour: the last event, for a meter whose events are hours.
// https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage
func (s *Server) sums(meter string, form url.Values) (fields, *refusal) {
	o := s.find("billing.meter", meter)
	from, err1 := strconv.ParseInt(form.Get("start_time"), 10, 64)
	to, err2 := strconv.ParseInt(form.Get("end_time"), 10, 64)
	if o == nil || err1 != nil || err2 != nil || from%3600 != 0 || to%3600 != 0 || form.Get("value_grouping_window") != "hour" {
		return nil, invalid("start_time", "Start and end times must align with hour boundaries.")
	}
	name, _ := o.fields["event_name"].(string) // always made so
	hours := s.hours(name, form.Get("customer"), s.now().Add(-s.lag))
	data, after := []fields{}, form.Get("starting_after")
	for start := to - 3600; start >= from; start -= 3600 {
		value, there := hours[start]
		if !there {
			continue
		}
		id := meter + "_" + strconv.FormatInt(start, 10)
		if after != "" {
			if id == after {
				after = ""
			}
			continue
		}
		data = append(data, fields{"id": id, "object": "billing.meter_event_summary", "aggregated_value": value, "start_time": start, "end_time": start + 3600, "meter": meter})
	}
	more := len(data) > 100
	if more {
		data = data[:100]
	}
	return fields{"object": "list", "has_more": more, "data": data}, nil
}

// hours are what counts, by the beginning of the hour.
func (s *Server) hours(event, customer string, until time.Time) map[int64]int64 {
	found := map[int64]int64{}
	for _, told := range s.usage {
		if told.event == event && told.customer == customer && !told.received.After(until) {
			found[told.at.Truncate(time.Hour).Unix()] = told.value
		}
	}
	return found
}
