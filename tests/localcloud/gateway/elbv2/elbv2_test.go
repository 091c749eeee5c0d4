package elbv2_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/balancer"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
	"github.com/genericcorp/platform/tests/localcloud/gateway/elbv2"
)

const (
	certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1"
	balancerARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/it/1"
	letsIn      = `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::logs"},
		{"Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/AWSLogs/123456789012/*",
			"Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}}]}`
	letsLook = `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}, "Action": "s3:*", "Resource": "arn:aws:s3:::logs"}]}`
)

// world answers as the emulator, as ACM and as S3 do, each question by what stands for it here.
type world struct {
	answers map[string]string // by action, or by what a path ends with
	served  []url.Values
}

func (e *world) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := awsapi.JSONName(r)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		body, _ := io.ReadAll(r.Body)
		in, _ := url.ParseQuery(string(body))
		key = in.Get("Action")
		e.served = append(e.served, in)
	}
	if key == "" {
		key = r.URL.Path + "?" + r.URL.RawQuery
	}
	answer, known := e.answers[key]
	if !known {
		w.WriteHeader(http.StatusNotFound)
		answer = "<Error/>"
		if awsapi.JSONName(r) != "" {
			answer = `{"__type": "ResourceNotFoundException", "message": "none"}`
		}
	}
	_, _ = io.WriteString(w, answer)
}

func ordinary() map[string]string {
	subnet := func(id, zone string) string {
		return fmt.Sprintf("<item><subnetId>%s</subnetId><vpcId>vpc-1</vpcId><availabilityZone>%s</availabilityZone></item>", id, zone)
	}
	return map[string]string{
		"CreateLoadBalancer": "<R/>", "SetSecurityGroups": "<R/>", "ModifyLoadBalancerAttributes": "<R/>", "DeleteLoadBalancer": "<R/>",
		"CreateTargetGroup": "<R/>", "ModifyTargetGroupAttributes": "<R/>", "CreateListener": "<R/>", "ModifyListener": "<R/>",
		"AddListenerCertificates": "<R/>", "RemoveListenerCertificates": "<R/>",
		"DescribeSubnets":          "<R><subnetSet>" + subnet("subnet-1", "us-east-1a") + subnet("subnet-2", "us-east-1b") + "</subnetSet></R>",
		"DescribeInternetGateways": "<R><internetGatewaySet><item/></internetGatewaySet></R>",
		"DescribeSecurityGroups":   "<R><securityGroupInfo><item><vpcId>vpc-1</vpcId></item></securityGroupInfo></R>",
		"DescribeLoadBalancers": "<R><LoadBalancers><member><Type>network</Type><VpcId>vpc-1</VpcId><SecurityGroups><member>sg-1</member></SecurityGroups>" +
			"<CanonicalHostedZoneId>Z2P70J7EXAMPLE</CanonicalHostedZoneId></member></LoadBalancers></R>",
		"DescribeLoadBalancerAttributes": "<R><Attributes><member><Key>deletion_protection.enabled</Key><Value>false</Value></member></Attributes></R>",
		"DescribeListeners":              "<R/>",
		"DescribeSSLPolicies":            "<R><SslPolicies><member><Name>ELBSecurityPolicy-TLS13-1-2-2021-06</Name></member></SslPolicies></R>",
		"DescribeTargetGroups":           "<R><TargetGroups><member><Protocol>TCP</Protocol></member></TargetGroups></R>",
		"DescribeCertificate":            `{"Certificate": {"Status": "ISSUED"}}`,
		"/logs?location":                 "<LocationConstraint/>", "/logs?policy": letsIn, "/logs?encryption": "<C/>",
	}
}

// applied keeps the listeners that were to be open last.
type applied struct {
	listeners []balancer.Listener
	health    map[string]string
}

func (a *applied) Apply(listeners []balancer.Listener) error {
	a.listeners = listeners
	return nil
}

func (a *applied) Health(string) map[string]string { return a.health }

func send(emulator http.Handler, form string) string { return sendTo(emulator, &applied{}, form) }

func sendTo(emulator http.Handler, machines *applied, form string) string {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	elbv2.New(elbv2.Config{
		Account: awsapitest.Account, Certificates: emulator, Buckets: emulator, Balancer: machines, Log: awsapitest.Log,
	}, emulator).ServeHTTP(w, r)
	return w.Body.String()
}

// An ordinary request of each kind passes; each of the others differs from one in what AWS refuses.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	const (
		create   = "Action=CreateLoadBalancer&Type=network&Scheme=internet-facing&Subnets.member.1=subnet-1&Subnets.member.2=subnet-2&SecurityGroups.member.1=sg-1"
		groups   = "Action=SetSecurityGroups&LoadBalancerArn=" + balancerARN
		logs     = "Action=ModifyLoadBalancerAttributes&Attributes.member.1.Key=access_logs.s3.enabled&Attributes.member.1.Value=true&Attributes.member.2.Key=access_logs.s3.bucket&Attributes.member.2.Value="
		remove   = "Action=DeleteLoadBalancer&LoadBalancerArn=" + balancerARN
		targets  = "Action=CreateTargetGroup&Protocol=TCP&Port=30443&HealthCheckProtocol=HTTP&HealthCheckPath=/readyz&HealthCheckIntervalSeconds=5&HealthCheckTimeoutSeconds=3&HealthyThresholdCount=2&UnhealthyThresholdCount=2"
		draining = "Action=ModifyTargetGroupAttributes&Attributes.member.1.Key=target_health_state.unhealthy.draining_interval_seconds&Attributes.member.1.Value=120" +
			"&Attributes.member.2.Key=target_health_state.unhealthy.connection_termination.enabled&Attributes.member.2.Value="
		listener = "Action=CreateListener&LoadBalancerArn=" + balancerARN + "&Port=443&DefaultActions.member.1.TargetGroupArn=tg&Protocol="
		tls      = listener + "TLS&SslPolicy=ELBSecurityPolicy-TLS13-1-2-2021-06&AlpnPolicy.member.1=HTTP2Preferred&Certificates.member.1.CertificateArn=" + certificate
		modify   = "Action=ModifyListener&Protocol=TLS&ListenerArn=l&Certificates.member.1.CertificateArn=" + certificate
	)
	ofTLS := map[string]string{"DescribeListeners": "<R><Listeners><member><Protocol>TLS</Protocol></member></Listeners></R>"}
	for name, c := range map[string]struct {
		form  string
		other map[string]string // that the world answers; "" for what is not there
		want  string
	}{
		"a load balancer":                {create, nil, ""},
		"an internal one needs no way":   {strings.Replace(create, "internet-facing", "internal", 1), map[string]string{"DescribeInternetGateways": "<R/>"}, ""},
		"a network that leads nowhere":   {create, map[string]string{"DescribeInternetGateways": "<R/>"}, "InvalidSubnet</Code><Message>VPC vpc-1 has no internet gateway"},
		"a zone twice":                   {create, map[string]string{"DescribeSubnets": strings.ReplaceAll(ordinary()["DescribeSubnets"], "1b", "1a")}, "multiple subnets in the same Availability Zone"},
		"a group of another network":     {create, map[string]string{"DescribeSecurityGroups": "<R><securityGroupInfo><item><vpcId>vpc-2</vpcId></item></securityGroupInfo></R>"}, "does not belong to VPC"},
		"other groups":                   {groups + "&SecurityGroups.member.1=sg-2", nil, ""},
		"no groups any more":             {groups, nil, "from its creation on or never"},
		"groups later":                   {groups + "&SecurityGroups.member.1=sg-2", map[string]string{"DescribeLoadBalancers": "<R><LoadBalancers><member><Type>network</Type></member></LoadBalancers></R>"}, "from its creation on or never"},
		"a bucket that lets AWS in":      {logs + "logs", nil, ""},
		"no such bucket":                 {logs + "others", nil, "S3Bucket: others is not found"},
		"a bucket without a policy":      {logs + "logs", map[string]string{"/logs?policy": ""}, "may not s3:GetBucketAcl, s3:PutObject."},
		"a bucket that only lets look":   {logs + "logs", map[string]string{"/logs?policy": letsLook}, "Access Denied for bucket: logs. Please check S3bucket permission (The local cloud adds: delivery.logs.amazonaws.com may not s3:PutObject.)"},
		"a bucket with a key":            {logs + "logs", map[string]string{"/logs?encryption": "<C><KMSMasterKeyID>arn</KMSMasterKeyID></C>", "DescribeKey": `{"KeyMetadata": {"KeyId": "1", "Enabled": true}}`, "GetKeyPolicy": `{"Policy": "{\"Statement\": []}"}`}, "may not kms:Encrypt, kms:Decrypt"},
		"deletion":                       {remove, nil, ""},
		"deletion of a protected one":    {remove, map[string]string{"DescribeLoadBalancerAttributes": strings.Replace(ordinary()["DescribeLoadBalancerAttributes"], "false", "true", 1)}, "OperationNotPermitted"},
		"a target group":                 {targets, nil, ""},
		"checks too often":               {strings.Replace(targets, "IntervalSeconds=5", "IntervalSeconds=4", 1), nil, "HealthCheckIntervalSeconds: got 4, expected 5 to 300"},
		"a single check":                 {strings.Replace(targets, "UnhealthyThresholdCount=2", "UnhealthyThresholdCount=1", 1), nil, "UnhealthyThresholdCount: got 1, expected 2 to 10"},
		"a path by TCP":                  {strings.Replace(targets, "Protocol=HTTP", "Protocol=TCP", 1), nil, "neither a path nor a matcher"},
		"time to drain":                  {draining + "false", nil, ""},
		"time to drain, and a cut":       {draining + "true", nil, "connections are cut, or go on for a time"},
		"a TLS listener":                 {tls, nil, ""},
		"a second one on its port":       {tls, map[string]string{"DescribeListeners": "<R><Listeners><member><Port>443</Port></member></Listeners></R>"}, "DuplicateListener"},
		"no certificate":                 {listener + "TLS", nil, "A certificate must be specified for TLS listeners"},
		"a certificate for TCP":          {listener + "TCP&Certificates.member.1.CertificateArn=" + certificate, nil, "A certificate cannot be specified for TCP listeners"},
		"a certificate not there":        {tls, map[string]string{"DescribeCertificate": ""}, "CertificateNotFound"},
		"one of another region":          {strings.Replace(tls, "acm:us-east-1", "acm:eu-west-1", 1), nil, "CertificateNotFound"},
		"one that waits for its proof":   {tls, map[string]string{"DescribeCertificate": `{"Certificate": {"Status": "PENDING_VALIDATION"}}`}, "UnsupportedCertificate"},
		"one that has expired":           {tls, map[string]string{"DescribeCertificate": `{"Certificate": {"Status": "EXPIRED"}}`}, "UnsupportedCertificate"},
		"a policy that does not exist":   {strings.Replace(tls, "TLS13-1-2-2021-06", "TLS14", 1), nil, "SSLPolicyNotFound"},
		"an ALPN policy of nobody":       {strings.Replace(tls, "HTTP2Preferred", "HTTP3Only", 1), nil, "ALPNPolicyNotSupported"},
		"targets that speak otherwise":   {tls, map[string]string{"DescribeTargetGroups": "<R><TargetGroups><member><Protocol>UDP</Protocol></member></TargetGroups></R>"}, "IncompatibleProtocols"},
		"another certificate":            {modify, ofTLS, ""},
		"another that waits for a proof": {modify, map[string]string{"DescribeListeners": ofTLS["DescribeListeners"], "DescribeCertificate": `{"Certificate": {"Status": "PENDING_VALIDATION"}}`}, "UnsupportedCertificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			emulator := &world{answers: ordinary()}
			maps.Copy(emulator.answers, c.other)
			maps.DeleteFunc(emulator.answers, func(_, answer string) bool { return answer == "" })
			got := send(emulator, c.form)
			action, _, _ := strings.Cut(strings.TrimPrefix(c.form, "Action="), "&")
			done := slices.ContainsFunc(emulator.served, func(in url.Values) bool { return in.Get("Action") == action })
			if c.want == "" {
				require.Equal(t, "<R/>", got)
				require.True(t, done)
				return
			}
			require.Contains(t, got, c.want)
			require.False(t, done, "the emulator does it all the same")
		})
	}
}

// The emulator knows TLS only where HTTPS is meant: the rest of a change reaches it without what it would refuse.
func TestModifyListener(t *testing.T) {
	t.Parallel()
	emulator := &world{answers: ordinary()}
	emulator.answers["DescribeListeners"] = "<R><Listeners><member><Protocol>TLS</Protocol><Certificates><member><CertificateArn>old</CertificateArn></member></Certificates></member></Listeners></R>"
	send(emulator, "Action=ModifyListener&Protocol=TLS&ListenerArn=l&SslPolicy=ELBSecurityPolicy-TLS13-1-2-2021-06&Certificates.member.1.CertificateArn="+certificate)
	first := slices.IndexFunc(emulator.served, func(in url.Values) bool { return in.Get("Action") == "RemoveListenerCertificates" })
	require.Positive(t, first)
	changes := emulator.served[first : first+3]
	const named = "Certificates.member.1.CertificateArn"
	require.Equal(t, []string{"RemoveListenerCertificates", "old"}, []string{changes[0].Get("Action"), changes[0].Get(named)})
	require.Equal(t, []string{"AddListenerCertificates", certificate}, []string{changes[1].Get("Action"), changes[1].Get(named)})
	require.Equal(t, url.Values{"Action": {"ModifyListener"}, "ListenerArn": {"l"}, "SslPolicy": {"ELBSecurityPolicy-TLS13-1-2-2021-06"}}, changes[2])
}

func TestZoneOfNames(t *testing.T) {
	t.Parallel()
	require.Contains(t, send(&world{answers: ordinary()}, "Action=DescribeLoadBalancers"), "<CanonicalHostedZoneId>Z26RNL4JYFTOTI</CanonicalHostedZoneId>")
}

// What is opened is what the emulator has after a change, whatever the change was.
func TestOpenListeners(t *testing.T) {
	t.Parallel()
	emulator, machines := &world{answers: ordinary()}, &applied{}
	emulator.answers["DescribeListeners"] = "<R><Listeners><member><ListenerArn>l</ListenerArn><Protocol>TLS</Protocol><AlpnPolicy><member>HTTP2Preferred</member></AlpnPolicy>" +
		"<Certificates><member><CertificateArn>" + certificate + "</CertificateArn></member></Certificates>" +
		"<DefaultActions><member><TargetGroupArn>tg</TargetGroupArn></member></DefaultActions></member><member><Protocol>TCP</Protocol></member></Listeners></R>"
	emulator.answers["DescribeTargetGroups"] = "<R><TargetGroups><member><Protocol>TCP</Protocol><Port>30443</Port><HealthCheckProtocol>HTTP</HealthCheckProtocol>" +
		"<HealthCheckPort>30444</HealthCheckPort><HealthCheckPath>/readyz</HealthCheckPath><HealthCheckIntervalSeconds>5</HealthCheckIntervalSeconds></member></TargetGroups></R>"
	emulator.answers["DescribeCertificate"] = `{"Certificate": {"Status": "ISSUED", "DomainName": "*.app.example", "NotBefore": 1796000000, "NotAfter": 1830000000.0}}`
	emulator.answers["DeleteListener"] = "<R/>"
	sendTo(emulator, machines, "Action=DescribeLoadBalancers")
	require.Empty(t, machines.listeners, "nothing changed")
	sendTo(emulator, machines, "Action=DeleteListener")
	served := balancer.Certificate{ARN: certificate, Name: "*.app.example", From: time.Unix(1796000000, 0).UTC(), Until: time.Unix(1830000000, 0).UTC()}
	require.Equal(t, []balancer.Listener{{ARN: "l", Certificate: served, Speaks: []string{"h2", "http/1.1"}, Group: balancer.Group{
		ARN: "tg", Port: 30443,
		Check: balancer.Check{HTTP: true, Port: 30444, Path: "/readyz", Interval: 5 * time.Second, Timeout: 10 * time.Second, Healthy: 5, Unhealthy: 2},
	}}}, machines.listeners)
}

func TestHealthOfNodes(t *testing.T) {
	t.Parallel()
	emulator := &world{answers: map[string]string{"DescribeTargetHealth": "<Emulator/>"}}
	require.Equal(t, "<Emulator/>", sendTo(emulator, &applied{}, "Action=DescribeTargetHealth&TargetGroupArn=tg"))
	got := sendTo(emulator, &applied{health: map[string]string{"i-2": "unhealthy", "i-1": "healthy"}}, "Action=DescribeTargetHealth&TargetGroupArn=tg")
	require.Contains(t, got, "<member><Target><Id>i-1</Id></Target><TargetHealth><State>healthy</State></TargetHealth></member>"+
		"<member><Target><Id>i-2</Id></Target><TargetHealth><State>unhealthy</State></TargetHealth></member>")
}
