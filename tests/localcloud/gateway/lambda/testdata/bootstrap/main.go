// Program bootstrap is a Lambda function that does what its event asks for.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

type event struct {
	Do     string
	Millis int
	Text   string
}

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
	if os.Getenv("BROKEN") != "" {
		post(api+"init/error", map[string]string{"errorType": "Broken", "errorMessage": "cannot start"})
		os.Exit(1)
	}
	for count := 1; ; count++ {
		response, err := http.Get(api + "invocation/next")
		if err != nil {
			os.Exit(3)
		}
		var e event
		_ = json.NewDecoder(response.Body).Decode(&e)
		_ = response.Body.Close()
		id := response.Header.Get("Lambda-Runtime-Aws-Request-Id")
		switch e.Do {
		case "exit":
			os.Exit(7)
		case "fail":
			post(api+"invocation/"+id+"/error", map[string]string{"errorType": "Refused", "errorMessage": e.Text})
			continue
		case "log":
			fmt.Println(strings.Repeat("x", 5000))
			fmt.Println(e.Text)
		}
		time.Sleep(time.Duration(e.Millis) * time.Millisecond)
		post(api+"invocation/"+id+"/response", map[string]any{"pid": os.Getpid(), "count": count, "env": os.Environ(), "text": e.Text})
	}
}

func post(address string, content any) {
	body, _ := json.Marshal(content)
	response, err := http.Post(address, "application/json", bytes.NewReader(body))
	if err == nil {
		_ = response.Body.Close()
	}
}
