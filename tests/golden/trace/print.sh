# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The forms of output with golden files, which are NAME.FORM.txt for each NAME.jsonl beside this file.
# shellcheck disable=SC2034 # for scripts that source this
trace_forms=(columns wide chosen)

# print_trace BUILD FORM FILE: prints the output of `polecat trace` for the recording in that form.
print_trace() {
	local format=$2
	[[ $2 == chosen ]] && format=columns=time,event,id,ns,pod,container,containerid,dst,port,proto,state,err,cgroup
	"$1/polecat" trace --allow-loss -o "$format" -i "$3" 2>&1
}
