package lambda

import (
	"maps"
	"os"
	"slices"
	"strconv"
)

// environ is the environment of one process: Lambda's defined variables, those of every function of this machine
// (such as AWS_ENDPOINT_URL), and the function's own, which cannot replace Lambda's.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
func (p *pool) environ(runtimeAPI, stream string) []string {
	all := map[string]string{
		"PATH": os.Getenv("PATH"), "LANG": "en_US.UTF-8", "TZ": ":UTC", "TMPDIR": os.TempDir(),
	}
	maps.Copy(all, p.function.Environment)
	maps.Copy(all, p.registry.options.Environment)
	maps.Copy(all, map[string]string{
		"_HANDLER":                        p.function.Handler,
		"AWS_LAMBDA_FUNCTION_NAME":        p.function.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     p.version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(p.function.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + p.function.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      stream,
		"AWS_LAMBDA_RUNTIME_API":          runtimeAPI,
		"AWS_XRAY_CONTEXT_MISSING":        "LOG_ERROR",
		"LAMBDA_TASK_ROOT":                p.function.Dir,
		"LAMBDA_RUNTIME_DIR":              p.function.Dir,
	})
	out := make([]string, 0, len(all))
	for _, k := range slices.Sorted(maps.Keys(all)) {
		out = append(out, k+"="+all[k])
	}
	return out
}
