/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/hash_cache.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/record/address.h"
#include "core/state/identity/service.h"

/* A namespace with pods. The live pods are a list of positions in the workloads: `first` is the
 * first position or HASH_INDEX_NONE, and resolver.next links the others. The ended pods are
 * another such list, which begins at `first_ended`. */
struct resolver_namespace {
	const char *name;
	uint32_t first;
	uint32_t first_ended;
	bool is_indexed; /* resolver.by_label has its pods */
};

/* A pod behind Services. */
struct resolver_pod {
	const struct pod_record *pod;
	struct service_place *places;
};

/* The live pods that a Service selects, in the order of its namespace. All ports share them. */
struct resolver_selection {
	const struct service_record *service;
	const struct pod_record **pods;
	size_t count;
};

struct resolver {
	const struct workloads *workloads;
	uint64_t revision;            /* of the workloads, when the members below were made */
	struct hash_cache namespaces; /* struct resolver_namespace */
	uint32_t *next;               /* next[i] follows pod i in its namespace; NULL: not built */
	struct hash_index by_label;   /* live pods by each of their labels (label_hash) */
	struct hash_cache selections; /* struct resolver_selection */
	struct hash_cache services;   /* struct service_backends */
	struct hash_cache pods;       /* struct resolver_pod */
	bool has_pods;                /* `pods` is complete */
	const struct service_backends **found; /* the latest result */
	size_t found_count;
	size_t found_capacity;
	struct backend *items; /* the backends that are being collected */
	size_t item_count;
	size_t item_capacity;
	uint32_t *selected; /* the positions of the pods that are being collected */
	size_t selected_capacity;
};

int resolver_new(const struct workloads *workloads, struct resolver **out)
{
	struct resolver *resolver = memory_checked(calloc(1, sizeof(*resolver)));

	if (!resolver)
		return -ENOMEM;
	resolver->workloads = workloads;
	*out = resolver;
	return 0;
}

static void resolver_forget(struct resolver *resolver)
{
	hash_cache_clear(&resolver->namespaces);
	hash_index_clear(&resolver->by_label);
	hash_cache_clear(&resolver->selections);
	hash_cache_clear(&resolver->services);
	hash_cache_clear(&resolver->pods);
	resolver->has_pods = false;
	resolver->next = NULL;
}

/* Drops all results that describe former identities. */
static void resolver_refresh(struct resolver *resolver)
{
	uint64_t revision = workloads_revision(resolver->workloads);

	if (revision == resolver->revision)
		return;
	resolver_forget(resolver);
	resolver->revision = revision;
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	resolver_forget(resolver);
	free(resolver->found);
	free(resolver->items);
	free(resolver->selected);
	free(resolver);
}

const struct workloads *resolver_workloads(const struct resolver *resolver)
{
	return resolver->workloads;
}

/* --- the pods of a namespace --- */

static struct resolver_namespace *resolver_find_namespace(const struct resolver *resolver,
							  const char *name)
{
	struct hash_cursor cursor;
	struct resolver_namespace *found =
		hash_cache_first(&resolver->namespaces, hash_string(0, name), &cursor);

	while (found && strcmp(found->name, name) != 0)
		found = hash_cache_next(&resolver->namespaces, &cursor);
	return found;
}

/* Adds the live pods of a namespace to by_label, unless they are there. Returns 0 or -ENOMEM. */
static int resolver_index_labels(struct resolver *resolver, struct resolver_namespace *in)
{
	uint64_t of_namespace = label_hash_namespace(in->name);

	for (uint32_t at = in->is_indexed ? HASH_INDEX_NONE : in->first; at != HASH_INDEX_NONE;
	     at = resolver->next[at]) {
		const struct pod_record *pod = workloads_pod_at(resolver->workloads, at);
		for (size_t i = 0; i < pod->labels.count; i++) {
			uint64_t hash = label_hash(of_namespace, &pod->labels.items[i]);
			if (hash_index_insert(&resolver->by_label, hash, at))
				return -ENOMEM;
		}
	}
	in->is_indexed = true;
	return 0;
}

/* Links the pods of each namespace, since a Service selects only pods of its own namespace. */
static int resolver_index_pods(struct resolver *resolver)
{
	size_t count = workloads_count(resolver->workloads, RECORD_POD);
	uint32_t *next =
		arena_array(&resolver->namespaces.arena, count + 1, sizeof(*resolver->next));

	if (!next)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct pod_record *pod = workloads_pod_at(resolver->workloads, i);
		struct resolver_namespace *in =
			resolver_find_namespace(resolver, pod->namespace_name);
		if (!in) {
			in = hash_cache_add(&resolver->namespaces,
					    hash_string(0, pod->namespace_name), sizeof(*in));
			if (!in)
				return -ENOMEM;
			in->name = pod->namespace_name;
			in->first = HASH_INDEX_NONE;
			in->first_ended = HASH_INDEX_NONE;
		}
		uint32_t *first = workloads_holds_addresses(pod) ? &in->first : &in->first_ended;
		next[i] = *first;
		*first = (uint32_t)i;
	}
	resolver->next = next;
	return 0;
}

int resolver_first_in(struct resolver *resolver, const char *namespace_name, bool ended,
		      uint32_t *at)
{
	resolver_refresh(resolver);
	if (!resolver->next && resolver_index_pods(resolver))
		return -ENOMEM;
	const struct resolver_namespace *in = resolver_find_namespace(resolver, namespace_name);
	*at = HASH_INDEX_NONE;
	if (in)
		*at = ended ? in->first_ended : in->first;
	return 0;
}

const struct pod_record *resolver_next_in(const struct resolver *resolver, uint32_t *at)
{
	const struct pod_record *pod =
		*at == HASH_INDEX_NONE ? NULL : workloads_pod_at(resolver->workloads, *at);

	if (pod)
		*at = resolver->next[*at];
	return pod;
}

int resolver_has_namespace(struct resolver *resolver, const char *prefix, bool *has)
{
	resolver_refresh(resolver);
	if (!resolver->next && resolver_index_pods(resolver))
		return -ENOMEM;
	*has = false;
	for (size_t i = 0; i < resolver->namespaces.count && !*has; i++) {
		const struct resolver_namespace *in = resolver->namespaces.items[i];
		*has = strncmp(in->name, prefix, strlen(prefix)) == 0;
	}
	return 0;
}

/* --- the pods of a Service --- */

/* Orders positions like the list of a namespace: the last pod first. */
static int resolver_compare_positions(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x < y) - (x > y);
}

/* Finds the positions of the live pods that a Service selects, in the order of the list of its
 * namespace. Returns 0 or -ENOMEM. */
static int resolver_collect(struct resolver *resolver, const struct service_record *service,
			    size_t *count)
{
	struct hash_cursor cursor;

	*count = 0;
	if (!resolver->next && resolver_index_pods(resolver))
		return -ENOMEM;
	struct resolver_namespace *in = resolver_find_namespace(resolver, service->namespace_name);
	if (!in || service->selector.count == 0)
		return 0;
	if (resolver_index_labels(resolver, in))
		return -ENOMEM;
	uint64_t hash = label_hash(label_hash_namespace(service->namespace_name),
				   &service->selector.items[0]);
	for (uint32_t at = hash_index_first(&resolver->by_label, hash, &cursor);
	     at != HASH_INDEX_NONE; at = hash_index_next(&resolver->by_label, &cursor)) {
		if (!service_selects(service, workloads_pod_at(resolver->workloads, at)))
			continue;
		uint32_t *added =
			ARRAY_ADD(resolver->selected, *count, resolver->selected_capacity);
		if (!added)
			return -ENOMEM;
		*added = at;
	}
	if (*count > 1)
		qsort(resolver->selected, *count, sizeof(*resolver->selected),
		      resolver_compare_positions);
	/* A pod occurs twice if two of its labels have equal hashes. */
	size_t kept = 0;
	for (size_t i = 0; i < *count; i++) {
		if (kept == 0 || resolver->selected[kept - 1] != resolver->selected[i])
			resolver->selected[kept++] = resolver->selected[i];
	}
	*count = kept;
	return 0;
}

/* Returns the pods that a Service selects, or NULL if out of memory. */
static const struct resolver_selection *resolver_select(struct resolver *resolver,
							const struct service_record *service)
{
	uint64_t hash = hash_pointer(service);
	struct resolver_selection made = {.service = service};
	struct hash_cursor cursor;

	for (const struct resolver_selection *known =
		     hash_cache_first(&resolver->selections, hash, &cursor);
	     known; known = hash_cache_next(&resolver->selections, &cursor)) {
		if (known->service == service)
			return known;
	}
	if (resolver_collect(resolver, service, &made.count))
		return NULL;
	made.pods = arena_array(&resolver->selections.arena, made.count, sizeof(*made.pods));
	for (size_t i = 0; made.pods && i < made.count; i++)
		made.pods[i] = workloads_pod_at(resolver->workloads, resolver->selected[i]);
	if (!made.pods)
		return NULL;
	struct resolver_selection *kept =
		hash_cache_add(&resolver->selections, hash, sizeof(*kept));
	if (kept)
		*kept = made;
	return kept;
}

/* --- the backends of a port --- */

static int resolver_add(struct resolver *resolver, const struct backend *backend)
{
	struct backend *added =
		ARRAY_ADD(resolver->items, resolver->item_count, resolver->item_capacity);

	if (!added)
		return -ENOMEM;
	*added = *backend;
	return 0;
}

/* Finds an endpoint that serves the port and has one of the pod's addresses. Returns the endpoint's
 * port number, or 0 if no such endpoint is known. */
static uint16_t resolver_endpoint_number(const struct service_backends *of,
					 const struct pod_record *pod)
{
	for (size_t i = 0; i < of->service->endpoint_count; i++) {
		const struct service_endpoint *endpoint = &of->service->endpoints[i];
		for (size_t j = 0; endpoint->ip && j < pod->ips.count; j++) {
			if (strcmp(pod->ips.items[j], endpoint->ip) == 0 &&
			    service_has_endpoint(of->service, of->port, endpoint, 0))
				return endpoint->port;
		}
	}
	return 0;
}

/*
 * Adds a backend for a pod, with its address of the family `of->family`. For a pod without such an
 * address, the backend has the pod's first address, or no address if the pod has none. For family
 * 0, adds a backend per address.
 */
static int resolver_add_pod(struct resolver *resolver, const struct service_backends *of,
			    const struct pod_record *pod)
{
	struct backend backend = {.service = of->service,
				  .pod = pod,
				  .port = service_target_port(of->port),
				  .host_network = pod->host_network};
	size_t before = resolver->item_count;
	int error = 0;

	if (backend.port == 0)
		backend.port = service_pod_port(pod, of->port->target_port,
						service_protocol(of->port->protocol));
	if (backend.port == 0)
		backend.port = resolver_endpoint_number(of, pod);
	/* Kubernetes makes no endpoint for a pod that lacks the named port. */
	if (backend.port == 0)
		return 0;
	for (size_t i = 0; i < pod->ips.count && !error; i++) {
		struct flow_address address;
		uint8_t family;
		if (address_parse(pod->ips.items[i], &family, &address))
			continue;
		if (of->family == 0 || backend.family == 0 || family == of->family) {
			backend.family = family;
			backend.address = address;
		}
		if (of->family == 0)
			error = resolver_add(resolver, &backend);
		else if (family == of->family)
			break;
	}
	return error || resolver->item_count > before ? error : resolver_add(resolver, &backend);
}

static int resolver_add_pods(struct resolver *resolver, const struct service_backends *of)
{
	const struct resolver_selection *selection = resolver_select(resolver, of->service);
	int error = selection ? 0 : -ENOMEM;

	for (size_t i = 0; error == 0 && i < selection->count; i++)
		error = resolver_add_pod(resolver, of, selection->pods[i]);
	return error;
}

static bool resolver_has_number(const struct resolver *resolver, uint16_t number)
{
	for (size_t i = 0; i < resolver->item_count; i++) {
		if (resolver->items[i].port == number)
			return true;
	}
	return false;
}

/*
 * Adds a backend for an endpoint. Each endpoint of a Service without a selector becomes a backend.
 * If the Service has a selector, there are three cases:
 * - The endpoint of a selected pod is skipped, because the pod is a backend already.
 * - An endpoint with a node's address becomes a backend with this address.
 * - Any other endpoint belongs to a pod without a record. If the target port is a name, adds a
 *   backend without an address for the endpoint's port number, unless a backend has this number.
 */
static int resolver_add_endpoint(struct resolver *resolver, const struct service_backends *of,
				 const struct service_endpoint *endpoint)
{
	bool selects = of->service->selector.count > 0;
	uint8_t protocol = service_protocol(of->port->protocol);
	struct backend backend = {.service = of->service, .port = endpoint->port};
	struct holder holder;

	if (!endpoint->ip || endpoint->port == 0 ||
	    address_parse(endpoint->ip, &backend.family, &backend.address) ||
	    (of->family != 0 && backend.family != of->family) ||
	    address_is_unspecified(backend.family, &backend.address) ||
	    address_is_loopback(backend.family, &backend.address))
		return 0;
	const struct holder_query query = {
		.address = backend.address, .family = backend.family, .time_ns = UINT64_MAX};
	holder_find(resolver->workloads, &query, &holder);
	const struct pod_record *pod = holder.pod;
	uint16_t named = pod ? service_pod_port(pod, of->port->target_port, protocol) : 0;
	if (!service_has_endpoint(of->service, of->port, endpoint, named))
		return 0;
	backend.host_network = holder.kind == HOLDER_NODE;
	if (!selects) {
		backend.pod = pod;
		return resolver_add(resolver, &backend);
	}
	if (pod && service_selects(of->service, pod))
		return 0;
	if (backend.host_network)
		return resolver_add(resolver, &backend);
	if (service_target_port(of->port) != 0 || resolver_has_number(resolver, endpoint->port))
		return 0;
	backend.family = 0;
	return resolver_add(resolver, &backend);
}

static int resolver_compare_backends(const void *a, const void *b)
{
	const struct backend *x = a;
	const struct backend *y = b;
	static const struct pod_record unknown;
	const struct pod_record *pod = x->pod ? x->pod : &unknown;
	const struct pod_record *other = y->pod ? y->pod : &unknown;
	int order = text_compare(pod->name, other->name);

	if (order == 0)
		order = text_compare(pod->namespace_name, other->namespace_name);
	if (order == 0)
		order = x->family - y->family;
	if (order == 0)
		order = memcmp(&x->address, &y->address, sizeof(x->address));
	return order != 0 ? order : x->port - y->port;
}

/* Copies the collected backends into the arena. */
static int resolver_keep(struct resolver *resolver, struct service_backends *of)
{
	size_t count = resolver->item_count;
	struct backend *items = arena_array(&resolver->services.arena, count + 1, sizeof(*items));
	uint16_t *numbers = arena_array(&resolver->services.arena, count + 1, sizeof(*numbers));

	if (!items || !numbers)
		return -ENOMEM;
	if (count > 0) {
		memcpy(items, resolver->items, count * sizeof(*items));
		qsort(items, count, sizeof(*items), resolver_compare_backends);
	}
	for (size_t i = 0; i < count; i++) {
		of->has_host_network |= items[i].host_network;
		bool is_new = items[i].port != 0 && of->service->selector.count > 0;
		for (size_t j = 0; j < of->number_count && is_new; j++)
			is_new = numbers[j] != items[i].port;
		if (is_new)
			numbers[of->number_count++] = items[i].port;
	}
	of->items = items;
	of->count = count;
	of->numbers = numbers;
	return 0;
}

static int resolver_fill(struct resolver *resolver, struct service_backends *of)
{
	const struct service_record *service = of->service;
	bool selects = service->selector.count > 0;
	int error = 0;

	resolver->item_count = 0;
	if (selects)
		error = resolver_add_pods(resolver, of);
	for (size_t i = 0; i < service->endpoint_count && !error; i++)
		error = resolver_add_endpoint(resolver, of, &service->endpoints[i]);
	if (selects && resolver->item_count == 0 && !error) {
		/* Neither a pod nor an endpoint is known. Add one backend for the unknown pods.
		 * Their labels are those of the selector. */
		struct backend backend = {.service = service,
					  .port = service_target_port(of->port)};
		if (backend.port == 0)
			backend.port_name = of->port->target_port;
		error = resolver_add(resolver, &backend);
	}
	return error ? error : resolver_keep(resolver, of);
}

const struct service_backends *resolver_backends(struct resolver *resolver,
						 const struct service_record *service,
						 const struct service_port *port, uint8_t family)
{
	uint64_t hash = hash_u64((uint64_t)(uintptr_t)port ^ family);
	struct service_backends made = {.service = service, .port = port, .family = family};
	struct hash_cursor cursor;

	resolver_refresh(resolver);
	for (const struct service_backends *known =
		     hash_cache_first(&resolver->services, hash, &cursor);
	     known; known = hash_cache_next(&resolver->services, &cursor)) {
		if (known->port == port && known->family == family)
			return known;
	}
	if (resolver_fill(resolver, &made))
		return NULL;
	struct service_backends *kept = hash_cache_add(&resolver->services, hash, sizeof(*kept));
	if (kept)
		*kept = made;
	return kept;
}

/* --- Services by pod --- */

/* Returns the entry of a pod, or NULL. */
static struct resolver_pod *resolver_find_pod(const struct resolver *resolver,
					      const struct pod_record *pod)
{
	struct hash_cursor cursor;
	struct resolver_pod *found = hash_cache_first(&resolver->pods, hash_pointer(pod), &cursor);

	while (found && found->pod != pod)
		found = hash_cache_next(&resolver->pods, &cursor);
	return found;
}

static int resolver_add_place(struct resolver *resolver, const struct service_backends *of,
			      const struct backend *backend)
{
	struct resolver_pod *at = resolver_find_pod(resolver, backend->pod);

	if (!at)
		at = hash_cache_add(&resolver->pods, hash_pointer(backend->pod), sizeof(*at));
	if (!at)
		return -ENOMEM;
	at->pod = backend->pod;
	/* A pod has a backend for each of its addresses, all with the same port. Backends are
	 * sorted by the pod's name, so only the place that was added last can equal the new one. */
	if (at->places && at->places->port == of->port && at->places->number == backend->port)
		return 0;
	struct service_place *place = arena_alloc(&resolver->pods.arena, sizeof(*place));
	if (!place)
		return -ENOMEM;
	*place = (struct service_place){.service = of->service,
					.port = of->port,
					.number = backend->port,
					.next = at->places};
	at->places = place;
	return 0;
}

static int resolver_add_places(struct resolver *resolver, const struct service_record *service)
{
	int error = 0;

	for (size_t i = 0; i < service->port_count; i++) {
		const struct service_backends *backends =
			resolver_backends(resolver, service, &service->ports[i], 0);
		if (!backends)
			return -ENOMEM;
		for (size_t k = 0; k < backends->count && error == 0; k++) {
			if (backends->items[k].pod && backends->items[k].port != 0)
				error = resolver_add_place(resolver, backends, &backends->items[k]);
		}
	}
	return error;
}

int resolver_find_places(struct resolver *resolver, const struct pod_record *pod,
			 const struct service_place **places)
{
	size_t count = workloads_count(resolver->workloads, RECORD_SERVICE);
	int error = 0;

	*places = NULL;
	resolver_refresh(resolver);
	for (size_t i = 0; i < count && !resolver->has_pods && error == 0; i++) {
		const struct service_record *service = workloads_service_at(resolver->workloads, i);
		if (!service->deleted)
			error = resolver_add_places(resolver, service);
	}
	if (error != 0) {
		resolver_forget(resolver);
		return error;
	}
	resolver->has_pods = true;
	const struct resolver_pod *found = resolver_find_pod(resolver, pod);
	*places = found ? found->places : NULL;
	return 0;
}

/* --- Services by address or node port --- */

static int resolver_compare_services(const void *a, const void *b)
{
	const struct service_backends *x = *(const struct service_backends *const *)a;
	const struct service_backends *y = *(const struct service_backends *const *)b;

	return service_compare(x->service, y->service);
}

/* Adds the backends of a port (NULL: none) to the result, unless they are already there. */
static int resolver_add_found(struct resolver *resolver, const struct service_record *service,
			      const struct service_port *port, uint8_t family)
{
	if (!port)
		return 0;
	const struct service_backends *backends =
		resolver_backends(resolver, service, port, family);
	if (!backends)
		return -ENOMEM;
	for (size_t i = 0; i < resolver->found_count; i++) {
		if (resolver->found[i] == backends)
			return 0;
	}
	const struct service_backends **added =
		ARRAY_ADD(resolver->found, resolver->found_count, resolver->found_capacity);
	if (!added)
		return -ENOMEM;
	*added = backends;
	return 0;
}

static int resolver_search_address(struct resolver *resolver, const struct holder_query *query)
{
	struct address_cursor cursor;
	int error = 0;

	for (const struct service_record *service = workloads_first_at(
		     resolver->workloads, RECORD_SERVICE, query->family, &query->address, &cursor);
	     service && !error;
	     service = workloads_next_at(resolver->workloads, RECORD_SERVICE, &cursor)) {
		if (service_rewrites(service, query->family, &query->address))
			error = resolver_add_found(
				resolver, service,
				service_find_port(service, query->protocol, query->port),
				query->family);
	}
	return error;
}

static int resolver_search_node_port(struct resolver *resolver, const struct holder_query *query)
{
	struct hash_cursor cursor;
	int error = 0;

	for (const struct service_record *service = workloads_first_service_on(
		     resolver->workloads, query->protocol, query->port, &cursor);
	     service && !error; service = workloads_next_service_on(resolver->workloads, &cursor))
		error = resolver_add_found(
			resolver, service,
			service_find_node_port(service, query->protocol, query->port),
			query->family);
	return error;
}

static int resolver_find(struct resolver *resolver, const struct holder_query *query,
			 int (*search)(struct resolver *resolver, const struct holder_query *query),
			 const struct service_backends *const **list, size_t *count)
{
	resolver->found_count = 0;
	int error = query->direction == FLOW_EGRESS ? search(resolver, query) : 0;
	if (resolver->found_count > 1)
		qsort(resolver->found, resolver->found_count, sizeof(*resolver->found),
		      resolver_compare_services);
	*list = resolver->found;
	*count = error ? 0 : resolver->found_count;
	return error;
}

int resolver_find_services(struct resolver *resolver, const struct holder_query *query,
			   const struct service_backends *const **list, size_t *count)
{
	return resolver_find(resolver, query, resolver_search_address, list, count);
}

int resolver_find_node_ports(struct resolver *resolver, const struct holder_query *query,
			     const struct service_backends *const **list, size_t *count)
{
	return resolver_find(resolver, query, resolver_search_node_port, list, count);
}
