// Command attacker is what a tenant's pod runs in the test of isolation: it tries what it is told, and says what came of it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/tests/e2e/isolation/attack"
)

// connectLimit is how long a connection may take: a packet that a policy drops is never answered. All else gets an answer, when a busy
// machine comes to it.
const connectLimit, limit = 5 * time.Second, 2 * time.Minute

func main() {
	log.SetFlags(0)
	if len(os.Args) == 3 && os.Args[1] == "attack" {
		var list []attack.Attempt
		if err := json.Unmarshal([]byte(os.Args[2]), &list); err != nil {
			log.Fatal(err)
		}
		if err := json.NewEncoder(os.Stdout).Encode(all(list)); err != nil {
			log.Fatal(err)
		}
		return
	}
	serve()
}

// serve is what a victim does: it answers.
func serve() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	server := http.Server{Addr: attack.Listen, ReadHeaderTimeout: connectLimit, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "served") // the caller may be gone
	})}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

// all makes all attempts at once.
func all(list []attack.Attempt) []attack.Outcome {
	outcomes := make([]attack.Outcome, len(list))
	var wait sync.WaitGroup
	for i, a := range list {
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			said, err := try(ctx, a)
			outcomes[i] = attack.Outcome{Done: err == nil, Said: said}
			if err != nil {
				outcomes[i].Said = err.Error()
			}
		})
	}
	wait.Wait()
	return outcomes
}

// try makes one attempt. An error says that it did not succeed.
func try(ctx context.Context, a attack.Attempt) (said string, err error) {
	switch a.Kind {
	case attack.Dial:
		connection, err := (&net.Dialer{Timeout: connectLimit}).DialContext(ctx, "tcp", a.Target)
		if err != nil {
			return "", err
		}
		return "connected", connection.Close()
	case attack.Resolve:
		found, err := net.DefaultResolver.LookupHost(ctx, a.Target)
		return fmt.Sprint(found), err
	case attack.Secret:
		return secret(ctx, a.Target)
	case attack.Database:
		return database(ctx, a.Target)
	case attack.RawSocket:
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_RAW, syscall.IPPROTO_ICMP)
		if err != nil {
			return "", err
		}
		return "opened", syscall.Close(fd)
	case attack.Mount:
		const place = "/dev/shm" // which every container has
		if err := syscall.Mount("none", place, "tmpfs", 0, ""); err != nil {
			return "", err
		}
		return "mounted", syscall.Unmount(place, 0)
	case attack.Read:
		_, err := os.ReadFile(a.Target)
		return "read", err
	case attack.Write:
		file, err := os.OpenFile(a.Target, os.O_WRONLY, 0)
		if err != nil {
			return "", err
		}
		return "opened", file.Close()
	case attack.Credentials:
		return credentials(ctx, a.Target)
	default:
		return "", fmt.Errorf("kind: got %q, which nobody knows", a.Kind)
	}
}

// secret reads a secret in the pod's own role, by AWS's own client and what EKS has put into the pod.
func secret(ctx context.Context, id string) (string, error) {
	token, err := os.ReadFile(os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
	if err != nil {
		return "", err
	}
	client := secretsmanager.New(secretsmanager.Options{
		Region: os.Getenv("AWS_REGION"), BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL")), RetryMaxAttempts: 1,
		Credentials: endpointcreds.New(os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"), func(o *endpointcreds.Options) { o.AuthorizationToken = string(token) }),
	})
	_, err = client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(id)})
	return "read", err
}

func database(ctx context.Context, url string) (string, error) {
	connection, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer func() { _ = connection.Close(ctx) }()
	var user string
	return user, connection.QueryRow(ctx, "select current_user").Scan(&user)
}

// credentials asks the agent of Pod Identity with a token.
func credentials(ctx context.Context, token string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://169.254.170.23/v1/credentials", http.NoBody)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", errors.New(response.Status)
	}
	return "credentials", nil
}
