/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/translate.h"

#include <errno.h>

#include "core/policy/netpol/syntax.h"
#include "core/state/identity/service.h"

/* Copies a selector. *out is NULL if the API would refuse these labels. 0 or -ENOMEM. */
static int translate_selector(struct arena *arena, const struct labels *labels,
			      const struct netpol_selector **out)
{
	struct netpol_selector *selector = netpol_selector_new(arena, labels->count);
	int error = selector ? 0 : -ENOMEM;

	*out = NULL;
	for (size_t i = 0; error == 0 && i < labels->count; i++) {
		const struct label *label = &labels->items[i];
		if (!syntax_is_label_key(label->key) || !syntax_is_label_value(label->value))
			return 0;
		error = netpol_selector_add(selector, arena, label->key, label->value);
	}
	if (error == 0)
		*out = selector;
	return error;
}

/* Returns the Service's slot, filled in: its selector is NULL if it has no valid one. NULL: no
 * memory. */
static const struct peer_slot *translate_slot(struct peer_context *context,
					      const struct service_record *service)
{
	struct peer_slot *slot = peer_slot_get(context, service);

	if (!slot || slot->namespace_name)
		return slot;
	slot->description =
		peer_describe(context->arena, "service", service->namespace_name, service->name);
	if (!slot->description)
		return NULL;
	if (service->selector.count > 0 && syntax_is_dns_label(service->namespace_name) &&
	    translate_selector(context->arena, &service->selector, &slot->selector) != 0)
		return NULL;
	slot->namespace_name = arena_string(context->arena, service->namespace_name);
	return slot->namespace_name ? slot : NULL;
}

/* Adds the selected pods on each number of their port; if none is known, on the port's name. */
static int translate_selected(const struct peer_request *request,
			      const struct service_backends *backends, const struct peer_slot *slot)
{
	const char *name = backends->port->target_port;
	struct peer_request at = *request;
	int error = 0;

	if (!slot->selector) {
		peer_answer_add(request->answer, PEER_SERVICE_SELECTOR, slot->description);
		return 0;
	}
	for (size_t i = 0; i < backends->number_count && !error; i++) {
		at.port = backends->numbers[i];
		error = peer_add_pods(&at, slot->namespace_name, slot->selector);
	}
	if (backends->number_count > 0)
		return error;
	if (!syntax_is_port_name(name)) {
		peer_answer_add(request->answer, PEER_SERVICE_PORT, slot->description);
		return 0;
	}
	at.port_name = arena_string(request->context->arena, name);
	if (!at.port_name)
		return -ENOMEM;
	peer_answer_add(request->answer, PEER_NAMED_PORT, slot->description);
	return peer_add_pods(&at, slot->namespace_name, slot->selector);
}

/* Adds the addresses of backends: of those in their node's network, which selectors do not reach on
 * most plugins; of a Service without a selector, of all. */
static int translate_addresses(const struct peer_request *request,
			       const struct service_backends *backends,
			       const struct peer_slot *slot)
{
	bool selects = backends->service->selector.count > 0;
	struct peer_request at = *request;
	int error = 0;

	for (size_t i = 0; i < backends->count && !error; i++) {
		const struct backend *backend = &backends->items[i];
		if (backend->family == 0 || (selects && !backend->host_network))
			continue;
		at.port = backend->port;
		if (selects)
			peer_answer_add(request->answer, PEER_HOST_NETWORK, slot->description);
		error = selects ? peer_add_block(&at, backend->family, &backend->address,
						 slot->description)
				: peer_add_address(&at, backend->family, &backend->address,
						   slot->description);
	}
	if (!selects && backends->count == 0)
		peer_answer_add(request->answer, PEER_SERVICE_ENDPOINTS, slot->description);
	return error;
}

int translate_service(const struct peer_request *request, const struct service_backends *backends)
{
	const struct service_record *service = backends->service;
	const struct peer_slot *slot = translate_slot(request->context, service);
	int error = 0;

	if (!slot)
		return -ENOMEM;
	if (service->selector.count > 0)
		error = translate_selected(request, backends, slot);
	if (error || (service->selector.count > 0 && !backends->has_host_network))
		return error;
	return translate_addresses(request, backends, slot);
}
