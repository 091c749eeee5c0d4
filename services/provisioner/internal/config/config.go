// Package config reads the function's environment variables and connects the provisioner to AWS and the database.
package config

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/aws"
	"github.com/genericcorp/platform/services/provisioner/internal/database"
	"github.com/genericcorp/platform/services/provisioner/internal/servedlog"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancy"
)

// settings are the function's environment variables.
type settings struct {
	database     database.Database
	masterSecret string
	bucket, key  string
	environment  string
	topic        string
	ceiling      int
	own          int
	overcommit   int

	publishServed, billed bool
}

func readSettings(getenv func(string) string) (settings, error) {
	p := check.Under("")
	required := func(name string) string {
		value := getenv(name)
		p.Require(value != "", name, value, "a value: the variable is not set")
		return value
	}
	s := settings{
		masterSecret: required(api.EnvMasterSecretARN), bucket: required(api.EnvArchiveBucket),
		key: required(api.EnvArchiveKeyARN), environment: required(api.EnvEnvironment),
		topic: getenv(api.EnvAlarmTopicARN),
	}
	s.database.Host, s.database.Name = required(api.EnvDatabaseHost), required(api.EnvDatabaseName)
	port, err := database.ParsePort(getenv(api.EnvDatabasePort))
	if err != nil {
		p.Add(fmt.Errorf("%s: %w", api.EnvDatabasePort, err))
	}
	s.database.Port = port
	number := func(name string, least, otherwise int) int {
		text := getenv(name)
		if text == "" {
			return otherwise
		}
		n, err := strconv.Atoi(text)
		p.Require(err == nil && n >= least, name, text, fmt.Sprintf("a number of %d or more", least))
		return n
	}
	s.ceiling = number(api.EnvSchemaCeiling, 1, api.DefaultSchemaCeiling)
	s.own = number(api.EnvOwnConnections, 1, api.ConnectionsPerCall)
	s.overcommit = number(api.EnvOvercommitPercent, 0, 0)
	s.publishServed, err = strconv.ParseBool(cmp.Or(getenv(api.EnvPublishServed), "false"))
	p.Require(err == nil, api.EnvPublishServed, getenv(api.EnvPublishServed), "true or false")
	s.billed, err = strconv.ParseBool(cmp.Or(getenv(api.EnvBilled), "true"))
	p.Require(err == nil, api.EnvBilled, getenv(api.EnvBilled), "true or false")
	s.database.Roots, err = roots(getenv(api.EnvDatabaseCAFile))
	p.Add(err)
	return s, p.Err()
}

// roots reads the authorities that may have signed the database's certificate.
func roots(file string) (*x509.CertPool, error) {
	if file == "" {
		program, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find the program's own folder: %w", err)
		}
		file = filepath.Join(filepath.Dir(program), api.CAFile)
	}
	text, err := os.ReadFile(file) // named by whoever deploys the function
	if err != nil {
		return nil, fmt.Errorf("read the database's certificate authorities (%s): %w", api.EnvDatabaseCAFile, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		//page:provisioner-trouble
		return nil, fmt.Errorf("%s: there is no certificate in %s", api.EnvDatabaseCAFile, file)
	}
	return pool, nil
}

// EnvLambda is set where Lambda runs the program, and ends it after 15 minutes.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
const EnvLambda = "AWS_LAMBDA_RUNTIME_API"

// step is how long a call begins what can be divided.
func step(getenv func(string) string) time.Duration {
	if getenv(EnvLambda) == "" {
		return 0
	}
	return tenancy.DefaultStep
}

// archivable is the most bytes that a tenant may store to be archived, or compared with its archive.
func archivable(getenv func(string) string) int64 {
	if getenv(EnvLambda) == "" {
		return math.MaxInt64
	}
	return tenancy.MaxArchivable
}

// published is where alarms see how tenants are served: in the log that Lambda takes. Elsewhere nobody would read it.
func published(getenv func(string) string, s settings) tenancy.Publisher {
	if getenv(EnvLambda) == "" || !s.publishServed {
		return nil
	}
	return servedlog.Log{Out: os.Stdout, Environment: s.environment}
}

// Provisioner prepares the provisioner; the database is not reached before the first call.
func Provisioner(ctx context.Context, getenv func(string) string) (*tenancy.Provisioner, error) {
	s, err := readSettings(getenv)
	if err != nil {
		return nil, fmt.Errorf("the provisioner's configuration is wrong: %w", err)
	}
	account, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("configure the AWS client: %w", err)
	}
	secrets := aws.Secrets{Client: secretsmanager.NewFromConfig(account)}
	credentials := func(ctx context.Context) (database.Credentials, error) {
		return secrets.Administrator(ctx, s.masterSecret)
	}
	admin, err := s.database.Administer(ctx, credentials)
	if err != nil {
		return nil, err
	}
	objects := s3.NewFromConfig(account, func(o *s3.Options) { o.UsePathStyle = getenv("AWS_ENDPOINT_URL") != "" })
	var people tenancy.Announcer
	if s.topic != "" {
		people = aws.Topic{Client: sns.NewFromConfig(account), ARN: s.topic}
	}
	return &tenancy.Provisioner{
		People: people, Metrics: published(getenv, s),
		Environment: s.environment, Database: s.database, Admin: admin, Reserve: s.database.Reserve(credentials), Secrets: secrets,
		Archives: aws.Archives{Client: objects, Bucket: s.bucket, KeyARN: s.key}, Ceiling: s.ceiling, OwnConnections: s.own,
		OvercommitPercent: s.overcommit, Unbilled: !s.billed,
		Archivable: archivable(getenv), PartBytes: tenancy.DefaultPartBytes, Step: step(getenv), Now: time.Now,
	}, nil
}
