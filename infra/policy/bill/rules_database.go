package bill

import (
	"fmt"
	"strings"
)

// leastProxyVCPUs is what RDS Proxy charges for at least. https://aws.amazon.com/rds/proxy/pricing/
const leastProxyVCPUs = 2

// vcpus are those of the instance classes that are priced.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
var vcpus = map[string]float64{"t4g.micro": 2, "t4g.small": 2, "t4g.medium": 2}

// databaseInstance prices the hours of an instance, its storage, its backups and its secret.
func databaseInstance(used *account, r resource) error {
	if err := r.checkInstance(); err != nil {
		return err
	}
	class, err := r.instanceClass()
	if err != nil {
		return err
	}
	zones, err := r.zones()
	if err != nil {
		return err
	}
	storage, err := r.number("AllocatedStorage", 0)
	if err != nil {
		return err
	}
	days, err := r.number("BackupRetentionPeriod", 1)
	if err != nil {
		return err
	}
	used.charge("rds-instance/"+class+"/"+zones, hours, r.name())
	used.charge("rds-storage/"+zones, storage, r.name())
	// Backups up to the size of all storage in the region are free.
	if beyond := r.settings.Usage.BackupGB(int(days)) - storage; beyond > 0 && days > 0 {
		used.charge("rds-backup", beyond, r.name())
	}
	if managed, err := r.flag("ManageMasterUserPassword"); err != nil {
		return err
	} else if managed {
		used.charge("secret", 1, r.name())
	}
	used.once("cross-zone", r.settings.Usage.CrossZoneGB, r.name())
	return nil
}

// checkInstance refuses what an instance may have that costs more and is not priced.
func (r resource) checkInstance() error {
	if storage, err := r.text("StorageType", "gp2"); err != nil {
		return err
	} else if storage != "gp3" {
		return fmt.Errorf("StorageType is %s: the bill prices gp3 only, extend the rule in infra/policy/bill", storage)
	}
	if engine, err := r.text("Engine", ""); err != nil {
		return err
	} else if engine != "postgres" {
		return fmt.Errorf("property Engine is %s: the bill prices postgres only, extend the rule in infra/policy/bill", engine)
	}
	if support, err := r.text("EngineLifecycleSupport", "open-source-rds-extended-support"); err != nil {
		return err
	} else if support != "open-source-rds-extended-support-disabled" {
		return fmt.Errorf("EngineLifecycleSupport is %s: extended support is not priced, switch it off", support)
	}
	return r.refuse("Iops", "StorageThroughput", "MaxAllocatedStorage", "MonitoringInterval", "PerformanceInsightsKMSKeyId", "EnablePerformanceInsights", "SourceDBInstanceIdentifier")
}

// instanceClass is the class without its "db.".
func (r resource) instanceClass() (string, error) {
	class, err := r.text("DBInstanceClass", "")
	return strings.TrimPrefix(class, "db."), err
}

// zones names the deployment in the keys of the price table.
func (r resource) zones() (string, error) {
	multi, err := r.flag("MultiAZ")
	if multi {
		return "multi-az", err
	}
	return "one-zone", err
}

// databaseProxy prices a proxy by the processors of the instance behind it.
func databaseProxy(used *account, r resource) error {
	class, err := r.proxiedClass()
	if err != nil {
		return err
	}
	count, known := vcpus[class]
	if !known {
		return fmt.Errorf("the number of vCPUs of db.%s is unknown: add it to infra/policy/bill/rules_database.go", class)
	}
	used.charge("rds-proxy", max(count, leastProxyVCPUs)*hours, r.name())
	return nil
}

// proxiedClass is the class of the instance that the proxy's target group names.
func (r resource) proxiedClass() (string, error) {
	for _, id := range r.template.IDs("AWS::RDS::DBProxyTargetGroup") {
		group := r.at(id)
		if target(group.value("DBProxyName")) != r.id {
			continue
		}
		for _, instance := range group.list("DBInstanceIdentifiers") {
			if server := r.at(target(instance)); server.kind() == "AWS::RDS::DBInstance" {
				return server.instanceClass()
			}
		}
	}
	return "", fmt.Errorf("no target group of its template names the instance behind it, so it cannot be priced")
}

// secret prices a secret with its replicas, and the calls to all secrets once.
func secret(used *account, r resource) error {
	used.charge("secret", 1+float64(len(r.list("ReplicaRegions"))), r.name())
	used.once("secret-calls", float64(r.settings.Usage.SecretReads), r.name())
	return nil
}

func key(used *account, r resource) error {
	used.charge("kms-key", 1, r.name())
	return r.refuse("EnableKeyRotation", "MultiRegion")
}
