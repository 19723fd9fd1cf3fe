/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ebpf_dns.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "bpf/flow_event.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/base/wall_clock.h"
#include "core/record/address.h"
#include "core/source/ebpf/ebpf_convert.h"

_Static_assert(sizeof(((struct dns_event *)0)->server) == sizeof(struct flow_address),
	       "addresses are sized alike");

int ebpf_dns_read(const void *event, size_t size, struct dns_packet *packet)
{
	struct dns_event head;

	if (size < sizeof(head))
		return -EINVAL;
	memcpy(&head, event, sizeof(head));
	if (head.length > size - sizeof(head) || (head.family != 4 && head.family != 6))
		return -EINVAL;
	*packet = (struct dns_packet){
		.client = {.socket = head.socket,
			   .cgroup_id = head.cgroup_id,
			   .first_ns = head.first_ns,
			   .connection = head.connection,
			   .netns = head.netns,
			   .pid = head.pid,
			   .uid = head.uid,
			   .server_port = head.server_port,
			   .local_port = head.local_port,
			   .family = head.family,
			   .is_tcp = head.is_tcp},
		.time_ns = head.time_ns,
		.is_sent = head.is_sent,
		.is_begun_by_server = head.direction == FLOW_EVENT_INGRESS,
		.is_connected = head.is_connected,
		.is_cut = head.size > head.length,
		.sequence = head.sequence,
		.size = head.size,
		.data = (const uint8_t *)event + sizeof(head),
		.length = head.length,
	};
	memcpy(&packet->client.server, head.server, sizeof(head.server));
	memcpy(&packet->client.local, head.local, sizeof(head.local));
	memcpy(packet->client.comm, head.comm, sizeof(head.comm) - 1);
	address_unmap(&packet->client.family, &packet->client.server);
	return 0;
}

static int ebpf_dns_set_address(uint8_t family, const struct flow_address *address, char **out)
{
	char text[ADDRESS_TEXT_SIZE];

	address_format(family, address, text);
	return text_copy(text, out);
}

/* Fills in the answer. Returns 0 or -ENOMEM. */
static int ebpf_dns_convert_answer(const struct dns_message *answer, struct dns_record *dns)
{
	char word[DNS_WORD_SIZE];
	char text[ADDRESS_TEXT_SIZE];
	int error;

	dns->ttl_s = answer->ttl_s;
	dns->truncated = answer->is_truncated;
	dns->incomplete = answer->has_more || (answer->has_question && !answer->has_answers);
	dns_message_rcode_word(answer->rcode, word);
	error = text_copy(word, &dns->rcode);
	for (size_t i = 0; !error && i < answer->alias_count; i++)
		error = string_list_add(&dns->aliases, answer->aliases[i]);
	for (size_t i = 0; !error && i < answer->address_count; i++) {
		address_format(answer->addresses[i].family, &answer->addresses[i].address, text);
		error = string_list_add(&dns->addresses, text);
	}
	return error;
}

static int ebpf_dns_fill(const struct dns_result *result, const char *node, struct dns_record *dns)
{
	const struct dns_client *client = result->client;
	char word[DNS_WORD_SIZE];
	int error = text_copy(node, &dns->node);

	if (!error && client->comm[0])
		error = text_copy(client->comm, &dns->comm);
	if (!error && client->family)
		error = ebpf_dns_set_address(client->family, &client->server, &dns->server);
	if (!error)
		error = text_copy(result->name, &dns->name);
	dns_message_type_word(result->type, word);
	if (!error && result->type)
		error = text_copy(word, &dns->type);
	if (!error && result->answer)
		error = ebpf_dns_convert_answer(result->answer, dns);
	return error;
}

int ebpf_dns_convert(const struct dns_result *result, const char *node, uint64_t boot_to_unix_ns,
		     struct record *record)
{
	struct record made;

	if (record_new_body(RECORD_DNS, &made))
		return -ENOMEM;
	if (ebpf_dns_fill(result, node, made.dns)) {
		record_free(&made);
		return -ENOMEM;
	}
	made.dns->ts_ns = wall_clock_convert(boot_to_unix_ns, result->ended_ns);
	made.dns->cgroup_id = result->client->cgroup_id;
	made.dns->netns = result->client->netns;
	made.dns->pid = result->client->pid;
	if (result->answer && result->ended_ns > result->asked_ns)
		made.dns->latency_us = (result->ended_ns - result->asked_ns) / NS_PER_MICROSECOND;
	made.dns->malformed = result->outcome == DNS_MALFORMED;
	made.dns->unanswered = result->outcome == DNS_UNANSWERED;
	made.dns->tcp = result->client->is_tcp;
	made.dns->fallback = result->is_fallback;
	made.dns->strays = result->strays;
	*record = made;
	return 0;
}

/* Makes an event of a client's flow. Copies the names. Returns 0 or -ENOMEM. */
static int ebpf_dns_make_flow(const struct dns_client *client, enum flow_event_type event,
			      const struct flow_names *names, struct record *record)
{
	struct flow_names *copy;

	if (flow_names_copy(names, &copy))
		return -ENOMEM;
	*record = (struct record){.kind = RECORD_FLOW};
	record->flow = (struct flow){
		.names = copy,
		.sport = client->local_port,
		.dport = client->server_port,
		.src = client->local,
		.dst = client->server,
		.has = FLOW_HAS_ID | FLOW_HAS_DST | FLOW_HAS_DPORT,
		.event = (uint8_t)event,
		.direction = FLOW_EGRESS,
		.protocol = client->is_tcp ? FLOW_TCP : FLOW_UDP,
		.family = client->family,
	};
	if (client->local_port > 0)
		record->flow.has |= FLOW_HAS_SPORT;
	if (!address_is_unspecified(client->family, &client->local))
		record->flow.has |= FLOW_HAS_SRC;
	const struct ebpf_owner owner = {client->cgroup_id, client->netns, client->pid, client->uid,
					 client->comm};
	ebpf_convert_owner(&owner, &record->flow);
	return 0;
}

int ebpf_dns_convert_unanswered(const struct dns_result *result, uint64_t id,
				uint64_t boot_to_unix_ns, struct record *record)
{
	const struct flow_names names = {.dns = result->name};

	if (ebpf_dns_make_flow(result->client, FLOW_UNANSWERED, &names, record))
		return -ENOMEM;
	record->flow.id = id;
	record->flow.ts_ns = wall_clock_convert(boot_to_unix_ns, result->ended_ns);
	return 0;
}

int ebpf_dns_convert_failure(const struct dns_failure *failure, uint64_t id,
			     uint64_t boot_to_unix_ns, struct record *record)
{
	char word[DNS_WORD_SIZE] = "MALFORMED";
	const struct flow_names names = {.dns = failure->name, .error = word};

	if (failure->rcode > 0)
		dns_message_rcode_word(failure->rcode, word);
	if (ebpf_dns_make_flow(failure->client, FLOW_LOOKUP_FAILED, &names, record))
		return -ENOMEM;
	record->flow.id = id;
	record->flow.ts_ns = wall_clock_convert(boot_to_unix_ns, failure->ended_ns);
	record->flow.count = failure->queries;
	record->flow.latency_us = (failure->ended_ns - failure->asked_ns) / NS_PER_MICROSECOND;
	record->flow.has |= FLOW_HAS_COUNT | FLOW_HAS_LATENCY;
	return 0;
}
