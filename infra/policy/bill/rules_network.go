package bill

import (
	"errors"
	"fmt"
)

// rootVolumeGB is the size of the volume that Amazon Linux images bring along.
const rootVolumeGB = 8

func natGateway(used *account, r resource) error {
	used.charge("nat-gateway", hours, r.name())
	used.once("nat-gateway-data", r.settings.Usage.EgressGB, r.name())
	return nil
}

func publicAddress(used *account, r resource) error {
	used.charge("public-ipv4", hours, r.name())
	return nil
}

// instance prices the hours, the volumes and the public address of a machine.
func instance(used *account, r resource) error {
	class, err := r.text("InstanceType", "m1.small")
	if err != nil {
		return err
	}
	volumes, err := r.volumes()
	if err != nil {
		return err
	}
	used.charge("ec2/"+class, hours, r.name())
	used.charge("ebs", volumes, r.name())
	for _, value := range r.list("NetworkInterfaces") {
		if card, _ := value.(map[string]any); card["AssociatePublicIpAddress"] == true {
			used.charge("public-ipv4", hours, r.name())
		}
	}
	used.once("internet", r.settings.Usage.InternetGB+r.settings.Usage.EgressGB, r.name())
	return r.refuse("Monitoring", "EbsOptimized")
}

// volumes is the size of all volumes in GB.
func (r resource) volumes() (float64, error) {
	mappings := r.list("BlockDeviceMappings")
	if len(mappings) == 0 {
		return rootVolumeGB, nil
	}
	total := 0.0
	for _, value := range mappings {
		mapping, _ := value.(map[string]any)
		ebs, _ := mapping["Ebs"].(map[string]any)
		size, ok := ebs["VolumeSize"].(float64)
		if kind := ebs["VolumeType"]; !ok || (kind != nil && kind != "gp3") {
			return 0, errors.New("BlockDeviceMappings has a volume that is not gp3 of a plain size: extend the rule in infra/policy/bill")
		}
		total += size
	}
	return total, nil
}

// endpoint prices an interface endpoint in each of its zones; a gateway endpoint is free.
func endpoint(used *account, r resource) error {
	kind, err := r.text("VpcEndpointType", "Gateway")
	if err != nil {
		return err
	}
	switch kind {
	case "Gateway":
		return nil
	case "Interface":
		used.charge("interface-endpoint", hours*float64(max(1, len(r.list("SubnetIds")))), r.name())
		used.once("interface-endpoint-data", r.settings.Usage.EgressGB, r.name())
		return nil
	}
	return fmt.Errorf("VpcEndpointType is %s: the bill prices Gateway and Interface", kind)
}

// parameter is free in the standard tier.
func parameter(_ *account, r resource) error {
	tier, err := r.text("Tier", "Standard")
	if err == nil && tier != "Standard" {
		err = fmt.Errorf("property Tier is %s: only standard parameters are free", tier)
	}
	return err
}
