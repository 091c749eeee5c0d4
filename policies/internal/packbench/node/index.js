// Three rules on the Node SDK, the same as in three.go, to compare what the SDKs cost.
const { PolicyPack } = require("@pulumi/policy");

new PolicyPack("packbench-node", {
  policies: [
    {
      name: "storage-encrypted",
      description: "A database must be encrypted at rest.",
      enforcementLevel: "mandatory",
      validateResource: (args, report) => {
        if (args.type === "aws:rds/instance:Instance" && args.props.storageEncrypted !== true) {
          report("storageEncrypted must be true");
        }
      },
    },
    {
      name: "no-open-shell",
      description: "Nobody may reach a shell from everywhere.",
      enforcementLevel: "mandatory",
      validateResource: (args, report) => {
        const p = args.props;
        if (args.type === "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule" && p.cidrIpv4 === "0.0.0.0/0" && p.fromPort <= 22 && p.toPort >= 22) {
          report("port 22 must not be open to 0.0.0.0/0");
        }
      },
    },
    {
      name: "few-gateways",
      description: "A stack must not have too many NAT gateways.",
      enforcementLevel: "mandatory",
      validateStack: (args, report) => {
        const count = args.resources.filter((r) => r.type === "aws:ec2/natGateway:NatGateway").length;
        if (count > 1000) {
          report(`${count} NAT gateways, 1000 are allowed`);
        }
      },
    },
  ],
});
