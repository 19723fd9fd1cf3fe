/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ebpf_loader.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/source/ebpf/ebpf_features.h"
#include "core/source/ebpf/kernel_btf.h"
#include "core/source/ebpf/udp.h"

struct udp_start_task {
	struct ebpf_loaded *loaded;
	struct udp_options options;
};

static void *ebpf_loader_start_udp(void *data)
{
	const struct udp_start_task *task = data;
	struct ebpf_loaded *loaded = task->loaded;

	loaded->udp_error = udp_start(loaded->udp, &task->options, loaded->udp_message,
				      sizeof(loaded->udp_message));
	return NULL;
}

static int ebpf_loader_load(struct ebpf_loaded *loaded, char *message, size_t size)
{
	loaded->load_error = ebpf_programs_load(loaded->programs, message, size);
	return loaded->load_error ? loaded->load_error
				  : ebpf_programs_attach(loaded->programs, message, size);
}

/* Loads and attaches all programs, which are open. */
static int ebpf_loader_load_all(const struct ebpf_loader_options *options,
				struct ebpf_loaded *loaded, char *message, size_t size)
{
	struct udp_start_task task = {
		.loaded = loaded,
		.options = {
			.counters_fd = ebpf_programs_counters_fd(loaded->programs),
			.ring_fd = ebpf_programs_ring_fd(loaded->programs),
			.shares_fd = ebpf_programs_shares_fd(loaded->programs),
			.ring_bytes = ebpf_programs_ring_bytes(loaded->programs),
			.sockets_fd = ebpf_programs_sockets_fd(loaded->programs),
			.max_flows = options->max_datagram_flows,
			.max_associations = options->max_associations,
			.kernel = ebpf_programs_features(loaded->programs)->kernel,
		}};
	pthread_t thread;

	task.options.kernel.sees_task_in_cgroups &= !options->avoid_udp_task;
	bool parallel = loaded->udp && !pthread_create(&thread, NULL, ebpf_loader_start_udp, &task);
	int error = ebpf_loader_load(loaded, message, size);
	if (parallel)
		pthread_join(thread, NULL);
	else if (loaded->udp && !error)
		ebpf_loader_start_udp(&task);
	return error;
}

int ebpf_loader_run(const struct ebpf_loader_options *options, struct ebpf_loaded *out,
		    char *message, size_t size)
{
	struct kernel_btf *types = NULL;
	int error = kernel_btf_new(&types);

	if (!error)
		error = ebpf_programs_open(&options->programs, types, &out->programs);
	if (!error)
		out->udp_error = udp_open(types, &out->udp);
	if (error || out->udp_error)
		snprintf(error ? message : out->udp_message,
			 error ? size : sizeof(out->udp_message), "cannot open the programs: %s",
			 strerror(error ? -error : -out->udp_error));
	if (!error) {
		/* If one of these fails, so does the load, which explains the cause. */
		(void)kernel_btf_read(types);
		int refused = ebpf_programs_probe(out->programs);
		if (refused) {
			udp_close(out->udp);
			out->udp = NULL;
		}
		error = ebpf_loader_load_all(options, out, message, size);
	} else {
		out->load_error = error;
	}
	kernel_btf_free(types);
	if (out->udp && (error || out->udp_error)) {
		udp_close(out->udp);
		out->udp = NULL;
	}
	return error;
}
