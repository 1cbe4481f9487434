package lambda

import (
	"maps"
	"os"
	"slices"
	"strconv"
)

// environ is the environment of one process: what a function may replace, its own variables, those of every function of
// this machine (such as AWS_ENDPOINT_URL), and Lambda's.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
func (p *pool) environ(runtimeAPI, stream string) []string {
	f := p.function
	all := map[string]string{
		"PATH": os.Getenv("PATH"), "LANG": "en_US.UTF-8", "TZ": ":UTC", "TMPDIR": os.TempDir(),
		"AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR", "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000", // where nobody listens
	}
	maps.Copy(all, f.Environment)
	maps.Copy(all, p.registry.options.Environment)
	maps.Copy(all, map[string]string{
		"_HANDLER":                        f.Handler,
		"AWS_LAMBDA_FUNCTION_NAME":        f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     p.version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(f.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       f.LogGroup,
		"AWS_LAMBDA_LOG_STREAM_NAME":      stream,
		"AWS_LAMBDA_RUNTIME_API":          runtimeAPI,
		"LAMBDA_TASK_ROOT":                f.Dir,
		"LAMBDA_RUNTIME_DIR":              f.Dir,
	})
	for name, chosen := range map[string]string{"AWS_LAMBDA_LOG_FORMAT": f.LogFormat, "AWS_LAMBDA_LOG_LEVEL": f.LogLevel} {
		if chosen != "" {
			all[name] = chosen
		}
	}
	out := make([]string, 0, len(all))
	for _, k := range slices.Sorted(maps.Keys(all)) {
		out = append(out, k+"="+all[k])
	}
	return out
}
