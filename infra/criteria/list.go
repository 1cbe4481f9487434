package main

// phases are the phases of ADR 001 with their criteria, in its order.
var phases = []struct {
	title    string
	criteria []criterion
}{
	{"Assessment & Architecture", assessment},
	{"Database Foundation", database},
	{"Backend API", backend},
	{"Frontend Integration", frontend},
	{"Validation & Handover", handover},
}

var assessment = []criterion{
	{text: "Architecture Decision Record approved", approval: "architecture.md"},
	{
		text: "Budget approved ($12k + $52/mo)", approval: "budget.md",
		tests: []goTests{{pkg: "./infra/cost", names: []string{"TestProdStaysWithinTheApprovedBudget"}}},
	},
	{text: "Timeline approved (4 weeks)", approval: "timeline.md"},
	{
		text: "AWS environment provisioned", account: "make deploy ENV=prod PHASE=0",
		tests: []goTests{{pkg: "./stacks", names: []string{
			"TestFunctionSubnetsReachIPv6OnlyAndDatabaseSubnetsNothing", "TestS3IsReachedOverAGatewayEndpointOfTheFunctionSubnets",
			"TestTheFlowLogKeepsAllTraffic", "TestOnlyAlarmsAndTheBudgetOfTheAccountPublishToTheTopic", "TestTheBudgetAlertsAtTheLimitOfTheEnvironmentsCostTag",
		}}},
	},
}

var database = []criterion{
	{
		text: "PostgreSQL database operational", alsoOnAWS: "make deploy ENV=prod PHASE=1",
		tests: []goTests{
			{pkg: "./stacks", names: []string{"TestTheInstanceIsEncryptedRestorableAndHasNoPasswordInTheTemplate", "TestTheInstanceLeavesASnapshotInProdAndNothingInDev", "TestOnlyTheProxyReachesTheInstanceByOneRule"}},
			{pkg: "./functions/internal/runtime/database"},
			{pkg: storePackage, names: []string{"TestTheStoreOutlivesARestartOfTheServerUnderLoad", "TestKilledConnectionsAreUnavailableAtWorstAndHealByThemselves"}},
		},
	},
	{
		text: "All schemas migrated and tested", alsoOnAWS: "make deploy ENV=prod PHASE=1",
		tests: []goTests{
			{pkg: "./functions/internal/schema"},
			{pkg: "./functions/migrate"},
			{pkg: "./stacks", names: []string{"TestMigrationsRunWhenTheyHaveChangedAndEndInTime", "TestMigrateReachesTheInstanceAsMasterByTheSecretsARN"}},
			{pkg: storePackage, names: []string{"TestEveryTableKeepsTenantsApart", "TestEachConstraintOnPeopleHolds", "TestEveryConstraintOfWorkHolds"}},
		},
	},
	{
		text: "RBAC system functional",
		tests: []goTests{{pkg: storePackage, names: []string{
			"TestEachRoleMayDoWhatItsPermissionsSay", "TestEachTeamRoleMayDoWhatItsPermissionsSayInItsTeamOnly", "TestRolesAllowEachOperationOnWorkAsTheCatalogueSays",
			"TestNoOperationIsOpenToStrangersSuspendedMembersOrDeadKeys", "TestSQLAndGoAgreeOnThePermissions", "TestNoOperationRevealsAByteOfAnotherOrganization",
			"TestNoSequenceOfWorkRevealsAByteOfAnotherOrganization", "TestEffectivePermissionsAreRoleAndTeamsAndGrants",
		}}},
	},
	{
		text: "Connection pooling optimized", alsoOnAWS: "make deploy ENV=prod PHASE=1",
		tests: []goTests{
			{pkg: "./stacks", names: []string{"TestTheProxyUsesIAMFromEndToEnd", "TestFunctionsConnectToTheProxy", "TestWithoutProxyFunctionsConnectToTheInstance", "TestConcurrencyIsBoundWithoutProxyOnly"}},
			{pkg: "./functions/internal/runtime/database", names: []string{"TestEachConnectionSignsInWithAnIAMToken"}},
			{pkg: storePackage, names: []string{"TestTheTenantEndsWithTheTransaction", "TestAConnectionThatDiedInThePoolIsReplaced", "TestNoRequestScansALargeTable"}},
		},
	},
	{
		text:  "100% test coverage for database layer",
		tests: []goTests{{pkg: storePackage, coverage: 100}},
	},
}

// storePackage is the database layer: every statement on PostgreSQL that serves a request.
const storePackage = "./functions/internal/postgres"

var backend = []criterion{
	{
		text: "All API endpoints deployed to Lambda", account: "make deploy ENV=prod PHASE=2",
		missing: "docs/api/openapi.yaml has no endpoints for the actions on tasks, workers, coordinators and the dashboard's figures; the database layer has them",
	},
	{
		text: "API Gateway configured", account: "make deploy ENV=prod PHASE=2",
		tests: []goTests{{pkg: "./stacks", names: []string{"TestRoutesLeadToLiveAliasesThatOnlyTheyMayInvoke", "TestTheHTTPStageIsThrottledAndLogsJSONWithoutQueries", "TestOnlyCallersWithCredentialsConnectToTheWebSocketAPI"}}},
	},
	{
		text: "Authentication working end-to-end", alsoOnAWS: "make deploy ENV=prod PHASE=3",
		tests: []goTests{
			{pkg: "./functions/internal/signin"},
			{pkg: "./functions/internal/identity"},
			{module: "tests", pkg: "./phases", names: []string{"TestWhatIsMadeInASystemSurvivesItsRestart"}},
		},
	},
	{
		text:    "Real-time updates via WebSocket",
		missing: "no function sends messages to the WebSocket API, and it accepts callers with AWS credentials only",
	},
	{
		text:    "API documentation complete",
		missing: "docs/api/openapi.yaml describes every endpoint that exists, but not all exist, and no page shows it to a reader",
	},
}

var frontend = []criterion{
	{text: "Frontend consuming live API", steps: []suiteStep{browser}, alsoOnAWS: "make deploy ENV=prod PHASE=3"},
	{
		text:    "Dashboard displaying real-time data",
		missing: "the dashboard reads when a page opens or acts; it shows no update that another person or an agent makes",
	},
	{text: "User authentication flows working", steps: []suiteStep{browser}, alsoOnAWS: "make deploy ENV=prod PHASE=3"},
	{
		text: "CloudFront serving optimized frontend", account: "make deploy ENV=prod PHASE=3",
		tests: []goTests{{pkg: "./stacks", names: []string{
			"TestTheSiteIsServedWithRewritingAndSecurityHeaders", "TestTheSitesBucketIsPrivateAndOnlyTheDistributionReadsAndListsIt",
			"TestTheBackendsShareTheDomainUncached", "TestSecurityHeaders", "TestHashedAssetsAreUploadedFirstAndPagesLast",
		}}},
	},
	{text: "E2E tests passing", steps: []suiteStep{browser}},
}

// browser is the step that walks through the whole system in Chromium.
const browser suiteStep = "browser"

var handover = []criterion{
	{
		text: "Production environment validated", account: "make deploy ENV=prod PHASE=4",
		missing: "no probe watches the environment, and there is no validation report",
	},
	{
		text:    "Performance metrics meeting SLA",
		missing: "make bench measures parts of the system on one machine; nothing measures the SLA (200 ms) of a deployed one",
	},
	{
		text:    "Load test results satisfactory",
		missing: "there is no load test",
	},
	{
		text:    "Documentation complete",
		missing: "there is no guide for members and agents, and ADR 003 and 005 are not written",
	},
	{
		text:    "Team trained on new system",
		missing: "there is no training material, and so no training to sign for",
	},
}
