/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/evaluate/evaluate_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/record/address.h"

#define NAME_LABEL "kubernetes.io/metadata.name"

/* --- the policies of a namespace --- */

static int compare_policies(const void *a, const void *b)
{
	const struct netpol *x = *(const struct netpol *const *)a;
	const struct netpol *y = *(const struct netpol *const *)b;
	int order = strcmp(x->namespace_name, y->namespace_name);

	if (order == 0)
		order = strcmp(x->name, y->name);
	return order ? order : (x > y) - (x < y);
}

int evaluate_index_init(struct evaluate_index *index, const struct netpol_set *policies,
			const struct workloads *workloads)
{
	*index = (struct evaluate_index){.workloads = workloads,
					 .revision = workloads_revision(workloads)};
	if (policies->count == 0)
		return 0;
	index->policies = reallocarray(NULL, policies->count, sizeof(*index->policies));
	if (!index->policies)
		return -ENOMEM;
	for (size_t i = 0; i < policies->count; i++)
		index->policies[i] = &policies->items[i];
	index->policy_count = policies->count;
	qsort(index->policies, index->policy_count, sizeof(*index->policies), compare_policies);
	return 0;
}

const struct netpol *const *evaluate_index_policies(const struct evaluate_index *index,
						    const char *namespace_name, size_t *count)
{
	size_t low = 0;
	size_t high = index->policy_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(index->policies[middle]->namespace_name, namespace_name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*count = 0;
	while (low + *count < index->policy_count &&
	       strcmp(index->policies[low + *count]->namespace_name, namespace_name) == 0)
		(*count)++;
	return index->policies ? &index->policies[low] : NULL;
}

/* --- what depends on identities --- */

static void list_empty(struct evaluate_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	list->count = 0;
	hash_index_clear(&list->by_hash);
}

static void drop_identities(struct evaluate_index *index)
{
	for (size_t i = 0; i < index->selections.count; i++) {
		struct evaluate_selection *selection = index->selections.items[i];
		free(selection->ingress);
		free(selection->egress);
	}
	for (size_t i = 0; i < index->namespaces.count; i++) {
		struct evaluate_namespace *known = index->namespaces.items[i];
		labels_clear(&known->labels);
	}
	for (size_t i = 0; i < index->services.count; i++) {
		struct evaluate_service *service = index->services.items[i];
		free(service->backends);
	}
	list_empty(&index->selections);
	list_empty(&index->namespaces);
	list_empty(&index->services);
}

void evaluate_index_clear(struct evaluate_index *index)
{
	drop_identities(index);
	free(index->selections.items);
	free(index->namespaces.items);
	free(index->services.items);
	free(index->policies);
	*index = (struct evaluate_index){0};
}

void evaluate_index_refresh(struct evaluate_index *index)
{
	uint64_t revision = workloads_revision(index->workloads);

	if (revision == index->revision)
		return;
	index->revision = revision;
	drop_identities(index);
}

/* Appends a new zeroed item, found under the hash from now on; NULL: no memory. */
static void *append(struct evaluate_list *list, uint64_t hash, size_t size)
{
	if (list->count == list->capacity) {
		size_t wanted = list->capacity ? list->capacity * 2 : 64;
		void **grown = reallocarray(list->items, wanted, sizeof(*grown));
		if (!grown)
			return NULL;
		list->items = grown;
		list->capacity = wanted;
	}
	void *item = calloc(1, size);
	if (!item || hash_index_insert(&list->by_hash, hash, (uint32_t)list->count)) {
		free(item);
		return NULL;
	}
	list->items[list->count++] = item;
	return item;
}

/* One after the other, all that stand under the hash; NULL: no more. */
static void *first_under(const struct evaluate_list *list, uint64_t hash,
			 struct hash_cursor *cursor)
{
	uint32_t at = hash_index_first(&list->by_hash, hash, cursor);

	return at == HASH_INDEX_NONE ? NULL : list->items[at];
}

static void *next_under(const struct evaluate_list *list, struct hash_cursor *cursor)
{
	uint32_t at = hash_index_next(&list->by_hash, cursor);

	return at == HASH_INDEX_NONE ? NULL : list->items[at];
}

static bool selects(const struct netpol *policy, const struct pod_record *pod)
{
	return netpol_selector_matches(&policy->pods, &pod->labels);
}

static int fill_selection(const struct evaluate_index *index, struct evaluate_selection *selection)
{
	const struct pod_record *pod = selection->pod;
	size_t count;
	const struct netpol *const *policies =
		evaluate_index_policies(index, pod->namespace_name, &count);

	if (count == 0)
		return 0;
	selection->ingress = reallocarray(NULL, count, sizeof(*selection->ingress));
	selection->egress = reallocarray(NULL, count, sizeof(*selection->egress));
	if (!selection->ingress || !selection->egress)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (!selects(policies[i], pod))
			continue;
		if (policies[i]->ingress.isolates)
			selection->ingress[selection->ingress_count++] = policies[i];
		if (policies[i]->egress.isolates)
			selection->egress[selection->egress_count++] = policies[i];
	}
	return 0;
}

const struct evaluate_selection *evaluate_index_selection(struct evaluate_index *index,
							  const struct pod_record *pod)
{
	uint64_t hash = hash_u64((uint64_t)(uintptr_t)pod);
	struct hash_cursor cursor;

	for (const struct evaluate_selection *known =
		     first_under(&index->selections, hash, &cursor);
	     known; known = next_under(&index->selections, &cursor)) {
		if (known->pod == pod)
			return known;
	}
	struct evaluate_selection made = {.pod = pod};
	struct evaluate_selection *selection = NULL;
	if (fill_selection(index, &made) == 0)
		selection = append(&index->selections, hash, sizeof(*selection));
	if (!selection) {
		free(made.ingress);
		free(made.egress);
		return NULL;
	}
	*selection = made;
	return selection;
}

static int copy_labels(struct labels *out, const struct labels *labels)
{
	int error = 0;

	for (size_t i = 0; !error && i < labels->count; i++)
		error = labels_set(out, labels->items[i].key, labels->items[i].value);
	return error;
}

const struct labels *evaluate_index_namespace(struct evaluate_index *index, const char *name)
{
	uint64_t hash = hash_string(0, name);
	struct hash_cursor cursor;

	for (const struct evaluate_namespace *known =
		     first_under(&index->namespaces, hash, &cursor);
	     known; known = next_under(&index->namespaces, &cursor)) {
		if (strcmp(known->name, name) == 0)
			return &known->labels;
	}
	const struct namespace_record *record = workloads_namespace(index->workloads, name);
	struct evaluate_namespace made = {.name = record ? record->name : name};
	int error = record ? copy_labels(&made.labels, &record->labels) : 0;
	/* The API server gives every namespace this label, and keeps it so. */
	if (!error)
		error = labels_set(&made.labels, NAME_LABEL, name);
	struct evaluate_namespace *kept =
		error ? NULL : append(&index->namespaces, hash, sizeof(*kept));
	if (!kept) {
		labels_clear(&made.labels);
		return NULL;
	}
	*kept = made;
	return &kept->labels;
}

/* --- what is behind a Service --- */

static uint8_t protocol_of(const char *name)
{
	if (!name || strcmp(name, "TCP") == 0)
		return FLOW_TCP;
	if (strcmp(name, "UDP") == 0)
		return FLOW_UDP;
	return strcmp(name, "SCTP") == 0 ? FLOW_SCTP : FLOW_PROTOCOL_OTHER;
}

static bool is_number(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool has_ended(const struct pod_record *pod)
{
	return pod->deleted || (pod->phase && (strcmp(pod->phase, "Succeeded") == 0 ||
					       strcmp(pod->phase, "Failed") == 0));
}

static bool is_backend(const struct service_record *service, const struct pod_record *pod)
{
	if (has_ended(pod) || strcmp(pod->namespace_name, service->namespace_name) != 0)
		return false;
	for (size_t i = 0; i < service->selector.count; i++) {
		const char *value = labels_get(&pod->labels, service->selector.items[i].key);
		if (!value || strcmp(value, service->selector.items[i].value) != 0)
			return false;
	}
	return true;
}

/* The pod's port that the Service's port leads to; 0: the pod has none of that name. */
static uint16_t target_port(const struct service_port *port, const struct pod_record *pod)
{
	if (!port->target_port)
		return port->port;
	if (is_number(port->target_port)) {
		unsigned long number = strtoul(port->target_port, NULL, 10);
		return number <= UINT16_MAX ? (uint16_t)number : 0;
	}
	for (size_t i = 0; pod && i < pod->port_count; i++) {
		if (pod->ports[i].name && strcmp(pod->ports[i].name, port->target_port) == 0 &&
		    protocol_of(pod->ports[i].protocol) == protocol_of(port->protocol))
			return pod->ports[i].port;
	}
	return 0;
}

static int add_backend(struct evaluate_service *service, const struct evaluate_backend *backend)
{
	struct evaluate_backend *grown =
		reallocarray(service->backends, service->count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	service->backends = grown;
	service->backends[service->count++] = *backend;
	return 0;
}

/* The first of the addresses that is of this family, else the first that can be read. */
static void choose_address(const struct string_list *texts, uint8_t family,
			   struct evaluate_backend *backend)
{
	for (size_t i = 0; i < texts->count && backend->family != family; i++) {
		struct flow_address address;
		uint8_t found;
		if (address_parse(texts->items[i], &found, &address) == 0 &&
		    (backend->family == 0 || found == family)) {
			backend->family = found;
			backend->address = address;
		}
	}
}

static int add_pods(const struct evaluate_index *index, struct evaluate_service *service,
		    const struct service_port *port)
{
	for (size_t i = 0; i < workloads_pod_count(index->workloads); i++) {
		const struct pod_record *pod = workloads_pod_at(index->workloads, i);
		if (!is_backend(service->record, pod))
			continue;
		struct evaluate_backend backend = {
			.pod = pod, .service = service->record, .port = target_port(port, pod)};
		/* Kubernetes makes no endpoint of a pod that lacks the named port. */
		if (backend.port == 0)
			continue;
		choose_address(&pod->ips, service->family, &backend);
		if (add_backend(service, &backend))
			return -ENOMEM;
	}
	return 0;
}

/*
 * Endpoints carry the name of the Service's port, and mostly their protocol; where they do not,
 * the number must fit, if the Service says one.
 */
static bool endpoint_fits(const struct service_record *service, const struct service_port *port,
			  const struct service_endpoint *endpoint)
{
	if (endpoint->protocol && protocol_of(endpoint->protocol) != protocol_of(port->protocol))
		return false;
	if (endpoint->name && port->name)
		return strcmp(endpoint->name, port->name) == 0;
	uint16_t number = target_port(port, NULL);
	return service->port_count == 1 || number == 0 || number == endpoint->port;
}

static int add_endpoints(const struct evaluate_index *index, struct evaluate_service *service,
			 const struct service_port *port)
{
	const struct service_record *record = service->record;

	for (size_t i = 0; i < record->endpoint_count; i++) {
		const struct service_endpoint *endpoint = &record->endpoints[i];
		struct evaluate_backend backend = {.service = record, .port = endpoint->port};
		if (!endpoint_fits(record, port, endpoint) || !endpoint->ip ||
		    address_parse(endpoint->ip, &backend.family, &backend.address) ||
		    backend.family != service->family)
			continue;
		backend.pod = workloads_pod_by_address(index->workloads, backend.family,
						       &backend.address);
		if (add_backend(service, &backend))
			return -ENOMEM;
	}
	return 0;
}

static int fill_service(const struct evaluate_index *index, struct evaluate_service *service)
{
	const struct service_record *record = service->record;
	const struct service_port *port = NULL;

	for (size_t i = 0; i < record->port_count && !port; i++) {
		uint16_t number =
			service->is_node_port ? record->ports[i].node_port : record->ports[i].port;
		if (number == service->port &&
		    protocol_of(record->ports[i].protocol) == service->protocol)
			port = &record->ports[i];
	}
	if (!port)
		return 0;
	service->has_port = true;
	/* Without a selector somebody else made the endpoints. */
	if (record->selector.count == 0)
		return add_endpoints(index, service, port);
	int error = add_pods(index, service, port);
	if (error || service->count > 0)
		return error;
	/* Pods that no record told of still have the labels that the Service selects. */
	struct evaluate_backend backend = {.service = record, .port = target_port(port, NULL)};
	if (backend.port == 0)
		backend.port_name = port->target_port;
	return add_backend(service, &backend);
}

static const struct evaluate_service *find_or_make(struct evaluate_index *index,
						   const struct evaluate_service *wanted)
{
	uint64_t hash = hash_add(hash_u64((uint64_t)(uintptr_t)wanted->record),
				 (uint64_t)wanted->port << 32 | (uint64_t)wanted->protocol << 16 |
					 (uint64_t)wanted->family << 8 | wanted->is_node_port);
	struct hash_cursor cursor;

	for (const struct evaluate_service *known = first_under(&index->services, hash, &cursor);
	     known; known = next_under(&index->services, &cursor)) {
		if (known->record == wanted->record && known->family == wanted->family &&
		    known->protocol == wanted->protocol && known->port == wanted->port &&
		    known->is_node_port == wanted->is_node_port)
			return known;
	}
	struct evaluate_service made = *wanted;
	struct evaluate_service *kept = NULL;
	if (fill_service(index, &made) == 0)
		kept = append(&index->services, hash, sizeof(*kept));
	if (!kept) {
		free(made.backends);
		return NULL;
	}
	*kept = made;
	return kept;
}

const struct evaluate_service *evaluate_index_service(struct evaluate_index *index,
						      const struct service_record *service,
						      uint8_t family, uint8_t protocol,
						      uint16_t port)
{
	const struct evaluate_service wanted = {
		.record = service, .family = family, .protocol = protocol, .port = port};

	return find_or_make(index, &wanted);
}

const struct evaluate_service *evaluate_index_node_port(struct evaluate_index *index,
							const struct service_record *service,
							uint8_t family, uint8_t protocol,
							uint16_t port)
{
	const struct evaluate_service wanted = {.record = service,
						.is_node_port = true,
						.family = family,
						.protocol = protocol,
						.port = port};

	return find_or_make(index, &wanted);
}
