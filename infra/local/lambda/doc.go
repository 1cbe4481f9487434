// Package lambda runs Lambda functions on this machine: each function's real binary, as a process of its own that
// speaks the documented Runtime API, in a pool of warm processes for every version.
//
// Rules: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html,
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html and
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
package lambda
