package awsapitest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Key stands for an emulator that has one KMS key, and one bucket that is encrypted with it.
type Key struct {
	Statements []string // of the key's policy, in JSON
	Disabled   bool
	BucketKey  bool // of the bucket
	// Served counts the requests of other services.
	Served int
}

// KeyARN is the ARN of the key.
var KeyARN = Account.ARN("kms", "key/1")

// ServeHTTP implements http.Handler.
func (k *Key) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch target := r.Header.Get("X-Amz-Target"); {
	case target == "TrentService.DescribeKey":
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(body), KeyARN) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type": "NotFoundException", "message": "no such key"}`)
			return
		}
		_, _ = fmt.Fprintf(w, `{"KeyMetadata": {"Arn": %q, "KeyId": "1", "Enabled": %t}}`, KeyARN, !k.Disabled)
	case target == "TrentService.GetKeyPolicy":
		policy := fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [%s]}`, strings.Join(k.Statements, ", "))
		_ = json.NewEncoder(w).Encode(map[string]string{"Policy": policy})
	case r.URL.Query().Has("encryption"):
		_, _ = fmt.Fprintf(w, `<C><Rule><BucketKeyEnabled>%t</BucketKeyEnabled></Rule></C>`, k.BucketKey)
	default:
		k.Served++
		_, _ = io.WriteString(w, `{}`)
	}
}
