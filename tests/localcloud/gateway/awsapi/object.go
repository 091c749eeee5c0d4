package awsapi

// object is a JSON object as it came or as it goes.
type object = map[string]any

// Text is a field's text, and empty when it is missing.
func Text(in map[string]any, key string) string {
	value, _ := in[key].(string)
	return value
}

// CopyFields copies the named fields that the request carries.
func CopyFields(target, in map[string]any, keys ...string) {
	for _, key := range keys {
		if value, ok := in[key]; ok && value != nil {
			target[key] = value
		}
	}
}
