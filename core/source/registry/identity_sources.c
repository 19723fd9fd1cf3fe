/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/registry/identity_sources.h"

#include "core/source/kube/kube.h"
#include "core/source/runtime/cri.h"
#include "core/source/runtime/docker.h"
#include "core/source/runtime/log_links.h"

const struct identity_source *const identity_sources[IDENTITY_SOURCE_COUNT] = {
	[IDENTITY_KUBE] = &kube_identity_source,
	[IDENTITY_CRI] = &cri_identity_source,
	[IDENTITY_DOCKER] = &docker_identity_source,
	[IDENTITY_LOG_LINKS] = &log_links_identity_source,
};
