/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/memory.h"

#define FLOW_NAME_COUNT (sizeof(struct flow_names) / sizeof(const char *))

/* Finds the texts and their sizes, with their NULs. Returns the sum of the sizes. */
static inline size_t flow_names_measure(const struct flow_names *names,
					const char *texts[FLOW_NAME_COUNT],
					size_t sizes[FLOW_NAME_COUNT])
{
	size_t total = 0;

	memcpy(texts, names, sizeof(*names));
	for (size_t i = 0; i < FLOW_NAME_COUNT; i++) {
		sizes[i] = texts[i] ? strlen(texts[i]) + 1 : 0;
		total += sizes[i];
	}
	return total;
}

size_t flow_names_footprint(const struct flow_names *names)
{
	const char *texts[FLOW_NAME_COUNT];
	size_t sizes[FLOW_NAME_COUNT];

	return names ? sizeof(*names) + flow_names_measure(names, texts, sizes) : 0;
}

bool flow_is_redirect_port(uint16_t port)
{
	/* The default ports for incoming and outgoing connections of each mesh. */
	static const uint16_t ports[] = {
		/* Istio: "Application Requirements", "Ports used by Istio" */
		15006,
		15001,
		/* Linkerd: "Proxy Configuration", inbound-port and outbound-port */
		4143,
		4140,
		/* Open Service Mesh: "Iptables Redirection"; outgoing 15001 */
		15003,
		/* AWS App Mesh: ProxyIngressPort of the proxy configuration; outgoing 15001 */
		15000,
	};

	for (size_t i = 0; i < ARRAY_LENGTH(ports); i++) {
		if (ports[i] == port)
			return true;
	}
	return false;
}

int flow_names_copy(const struct flow_names *names, struct flow_names **out)
{
	const char *texts[FLOW_NAME_COUNT];
	size_t sizes[FLOW_NAME_COUNT];
	size_t total = flow_names_measure(names, texts, sizes);

	if (total == 0) {
		*out = NULL;
		return 0;
	}
	struct flow_names *copy = memory_checked(malloc(sizeof(*copy) + total));
	if (!copy)
		return -ENOMEM;
	char *at = (char *)(copy + 1);
	for (size_t i = 0; i < FLOW_NAME_COUNT; i++) {
		if (!texts[i])
			continue;
		memcpy(at, texts[i], sizes[i]);
		texts[i] = at;
		at += sizes[i];
	}
	memcpy(copy, texts, sizeof(texts));
	*out = copy;
	return 0;
}
