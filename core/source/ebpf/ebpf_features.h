/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The optional features of the collector: a table with one row for each. A feature needs one or two
 * kernel programs. If the kernel refuses one of them, only this feature is missing; the header and
 * `polecat doctor` show the reason. Features are found by trying them, not by the kernel's version.
 *
 * One thread at a time may call these functions.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_EBPF_FEATURES_H
#define POLECAT_CORE_SOURCE_EBPF_EBPF_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/libbpf.h>

#include "core/source/ebpf/kernel_btf.h"
#include "core/source/ebpf/kernel_probe.h"

enum ebpf_feature {
	EBPF_FEATURE_CONNECT_ERRORS,
	EBPF_FEATURE_LATE_ERRORS,
	EBPF_FEATURE_DROPS,
	EBPF_FEATURE_ACCEPTORS,
	EBPF_FEATURE_FIRST_READ,
	EBPF_FEATURE_FIRST_WRITE,
	EBPF_FEATURE_COUNT,
};

/* The largest number of programs of one feature. */
#define EBPF_FEATURE_PROGRAMS 2

/* The purpose of has_socket_storage, as `doctor` prints it. */
#define EBPF_STORAGE_PURPOSE "owners of accepted connections, by socket"

struct ebpf_features {
	struct kernel_abilities kernel;
	uint32_t wanted;                /* features to load: one bit per enum ebpf_feature */
	uint32_t cheap;                 /* features whose hook has a cheaper replacement */
	int errors[EBPF_FEATURE_COUNT]; /* 0: works; else the reason, as -errno */
	/* Owned; NULL: not attached. */
	struct bpf_link *links[EBPF_FEATURE_COUNT][EBPF_FEATURE_PROGRAMS];
};

/* Notes in `types` the names that ebpf_features_probe looks up, and that the programs do not
 * contain. Returns 0 or -ENOMEM. */
int ebpf_features_want_types(struct kernel_btf *types);

/* Sets `kernel`, and `wanted` to the features that this kernel seems to have. If the kernel's
 * BTF was not read, the features whose hooks are in BTF are missing. The collector cannot start
 * then. */
void ebpf_features_probe(struct ebpf_features *features, const struct kernel_btf *types);

/* Marks the programs of the wanted features for loading. Call it between open and load. */
void ebpf_features_select(const struct ebpf_features *features, struct bpf_object *object);

/* Notes that the kernel refused the program of a feature. */
void ebpf_features_refuse(struct ebpf_features *features, enum ebpf_feature feature, int error);

/* Attaches the loaded programs. */
void ebpf_features_attach(struct ebpf_features *features, struct bpf_object *object);

/* Detaches or attaches the first program of a feature, which was attached before. Returns 0, or
 * -errno if it cannot be attached. */
int ebpf_features_switch(struct ebpf_features *features, struct bpf_object *object,
			 enum ebpf_feature feature, bool on);

/* Detaches the programs. */
void ebpf_features_close(struct ebpf_features *features);

static inline bool ebpf_features_want(const struct ebpf_features *features,
				      enum ebpf_feature feature)
{
	return features->wanted >> feature & 1;
}

/* Returns the name of the feature in doctor ("dropped packets"). Static storage. */
const char *ebpf_feature_name(enum ebpf_feature feature);

/* Returns the name of the hook in use for the feature ("tp_btf/…"). Static storage. */
const char *ebpf_feature_hook(const struct ebpf_features *features, enum ebpf_feature feature);

/* Names the flows and the fields that are missing without the feature. Static storage. */
const char *ebpf_feature_purpose(enum ebpf_feature feature);

/* Writes why a feature is missing, and the remedy. */
void ebpf_feature_explain(enum ebpf_feature feature, int error, char *message, size_t size);

#endif
