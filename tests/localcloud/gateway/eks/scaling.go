package eks

import (
	"maps"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// sized is the size of a group once a request has changed it, which also may not have more nodes replaced at once than there may be
// (https://github.com/hashicorp/terraform-provider-aws/pull/26551).
func sized(group, request object) (object, error) {
	old, _ := group["scalingConfig"].(object)
	asked, _ := request["scalingConfig"].(object)
	size, err := scaled(old, asked)
	if err != nil {
		return nil, err
	}
	update, named := request["updateConfig"].(object)
	if !named {
		update, _ = group["updateConfig"].(object)
	}
	if number := whole(update, "maxUnavailable", 1); number < 1 || number > whole(size, "maxSize", 2) {
		return nil, awsapi.BadRequest("InvalidParameterException", "max-unavailable must be within the range 1 and max size of the node group")
	}
	return size, nil
}

// scaled is the size of a group once asked has changed it: who creates a group says all of its numbers or none, who changes one says
// any (https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html). What EKS refuses was reported by its users
// (https://github.com/terraform-aws-modules/terraform-aws-eks/issues/748, and its maximum by .../issues/835).
func scaled(old, asked object) (object, error) {
	size := maps.Clone(old)
	if size == nil {
		size = object{}
	}
	maps.Copy(size, asked)
	if len(size) != 0 && len(size) != 3 {
		return nil, awsapi.BadRequest("InvalidParameterException", "scalingConfig: got %d of minSize, maxSize and desiredSize, expected all or none", len(size))
	}
	least, most, wanted := whole(size, "minSize", 1), whole(size, "maxSize", 2), whole(size, "desiredSize", 2)
	switch {
	case most < 1:
		return nil, awsapi.BadRequest("InvalidParameterException", "maxSize: got %d, expected at least 1", most)
	case least > wanted:
		return nil, awsapi.BadRequest("InvalidParameterException", "Minimum capacity %d can't be greater than desired size %d", least, wanted)
	case wanted > most:
		return nil, awsapi.BadRequest("InvalidParameterException", "desired capacity %d can't be greater than max size %d", wanted, most)
	}
	return size, nil
}

// whole is a number of a JSON object, or what it is without being said.
func whole(in object, name string, otherwise int) int {
	if number, ok := in[name].(float64); ok {
		return int(number)
	}
	return otherwise
}
