# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The forms of output that have golden files: NAME.FORM.txt for each NAME.jsonl beside this file.
# shellcheck disable=SC2034 # read by those who source this
trace_forms=(columns wide chosen)

# print_trace BUILD FORM FILE: what `polecat trace` prints of the recording in that form.
print_trace() {
	local format=$2
	[[ $2 == chosen ]] && format=columns=time,event,id,ns,pod,container,containerid,dst,port,proto,state,err,cgroup
	"$1/polecat" trace --allow-loss -o "$format" -i "$3" 2>&1
}
