package phases

// region is where every environment lives.
const region = "us-east-1"

// expected is what an environment must be. It is written down here a second time on purpose: a setting that is changed by
// mistake is found by what is deployed, not by itself.
type expected struct {
	cidr               string
	backupDays         int32
	deletionProtection bool
	rate               float64
	burst              int32
	logDays            int32
	// shift is the name of CodeDeploy's configuration.
	shift string
	// gradual means that alarms can end a shift.
	gradual bool
	// budgetUSD is the monthly limit.
	budgetUSD string
	memoryMiB int32
}

// expectations are those of dev, and of all environments that are like it, with what differs in the others.
func expectations(environment string) expected {
	e := expected{
		cidr: "10.20.0.0/16", backupDays: 1, rate: 50, burst: 100, logDays: 7, shift: "CodeDeployDefault.LambdaAllAtOnce", budgetUSD: "52", memoryMiB: 256,
	}
	switch environment {
	case "staging":
		e.cidr, e.backupDays, e.logDays = "10.30.0.0/16", 3, 14
	case "prod":
		e.cidr, e.backupDays, e.deletionProtection, e.rate, e.burst, e.logDays = "10.40.0.0/16", 14, true, 200, 400, 30
	default:
		return e
	}
	e.shift, e.gradual = "CodeDeployDefault.LambdaCanary10Percent5Minutes", true
	return e
}
