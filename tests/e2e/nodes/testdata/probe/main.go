// Command probe is what the tests of nodes run in pods: it answers, dials others, and eats memory when it is asked to.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "get" {
		get(os.Args[2])
		return
	}
	if len(os.Args) == 2 && os.Args[1] == "credentials" {
		credentials()
		return
	}
	host, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, host) })
	http.HandleFunc("/dial", func(w http.ResponseWriter, r *http.Request) {
		connection, err := net.DialTimeout("tcp", r.FormValue("to"), 3*time.Second)
		if err != nil {
			fmt.Fprintln(w, "refused:", err)
			return
		}
		_ = connection.Close()
		fmt.Fprintln(w, "connected")
	})
	http.HandleFunc("/burn", func(w http.ResponseWriter, r *http.Request) {
		seconds, _ := strconv.Atoi(r.FormValue("seconds"))
		for end := time.Now().Add(time.Duration(seconds) * time.Second); time.Now().Before(end); {
		}
		fmt.Fprintln(w, "burnt")
	})
	http.HandleFunc("/eat", func(w http.ResponseWriter, r *http.Request) {
		mebibytes, _ := strconv.Atoi(r.FormValue("mebibytes"))
		eaten := make([]byte, mebibytes<<20)
		for i := range eaten {
			eaten[i] = byte(i)
		}
		fmt.Fprintln(w, len(eaten))
	})
	log.Print("serving as ", host)
	log.Fatal(http.ListenAndServe(":8080", nil)) //nolint:gosec // in a test's pod
}

// credentials prints what the agent of Pod Identity gives, as an AWS SDK asks it.
func credentials() {
	token, err := os.ReadFile(os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
	if err != nil {
		log.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodGet, os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"), http.NoBody)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", string(token))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	fmt.Print(response.Status, " ", os.Getenv("AWS_ENDPOINT_URL"), " ")
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		log.Fatal(err)
	}
}

func get(url string) {
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		log.Fatal(err)
	}
}
