/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dns/dns_lookups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/base/index_list.h"
#include "core/base/memory.h"
#include "core/dns/dns_strays.h"

/* The number of truncated answers that are remembered. */
#define CUT_ANSWERS_MAX 64

/* A query that waits for its answer. It is in the list `waiting` for DNS_UNANSWERED_NS, and in the
 * list `late` afterwards. Both lists are in order of asked_ns. */
struct dns_lookup {
	struct dns_client client;
	uint64_t asked_ns;
	uint64_t first_asked_ns; /* time of the UDP query that this TCP query repeats; 0: none */
	char *name;
	/* The neighbours in `waiting` or `late`. If the lookup is free, `newer` is the next free
	 * lookup. */
	struct index_link link;
	uint32_t repeats; /* answers that may follow the first one, because the query was
	                   * repeated */
	uint16_t id;
	uint16_t type;
	bool is_answered;  /* waits only for the answers to repetitions */
	bool is_late;      /* in the list `late` */
	bool is_malformed; /* reported as malformed */
};

/* A truncated answer, which the client may ask for again over TCP. */
struct dns_cut_answer {
	uint64_t name; /* hash */
	uint64_t cgroup_id;
	uint64_t asked_ns;
	uint64_t answered_ns; /* 0: unused */
	uint32_t pid;         /* 0: unknown */
	uint16_t type;
};

struct dns_lookups {
	struct dns_lookup *items;
	size_t count;
	size_t capacity;
	size_t max;
	uint32_t free_list;
	struct index_list waiting;
	struct index_list late;
	struct hash_index index;  /* by socket, server and id */
	struct dns_shares shares; /* of `waiting` */
	struct dns_counts counts;
	struct dns_cut_answer cut_answers[CUT_ANSWERS_MAX];
	size_t next_cut;          /* index of the oldest one of cut_answers */
	struct dns_strays strays; /* since the last report */
	uint64_t started_ns;      /* time of the first call of dns_lookups_expire; 0: not called */
	uint64_t lost_ns;         /* time of the last call of dns_lookups_note_loss; 0: none */
	dns_callback *callback;
	void *data;
	struct dns_message message; /* of the present packet; too large for the stack */
};

struct dns_lookups *dns_lookups_new(size_t max, dns_callback *callback, void *data)
{
	struct dns_lookups *lookups = memory_checked(calloc(1, sizeof(*lookups)));

	if (!lookups)
		return NULL;
	lookups->max = max ? max : DNS_LOOKUPS_MAX;
	lookups->free_list = HASH_INDEX_NONE;
	lookups->waiting = INDEX_LIST_EMPTY;
	lookups->late = lookups->waiting;
	lookups->callback = callback;
	lookups->data = data;
	return lookups;
}

void dns_lookups_free(struct dns_lookups *lookups)
{
	if (!lookups)
		return;
	for (size_t i = 0; i < lookups->count; i++)
		free(lookups->items[i].name);
	free(lookups->items);
	hash_index_clear(&lookups->index);
	dns_shares_clear(&lookups->shares);
	free(lookups);
}

const struct dns_counts *dns_lookups_counts(const struct dns_lookups *lookups)
{
	return &lookups->counts;
}

static struct index_list *dns_lookups_list(struct dns_lookups *lookups, uint32_t at)
{
	return lookups->items[at].is_late ? &lookups->late : &lookups->waiting;
}

/* --- lookups by their key --- */

static uint64_t dns_lookups_hash(const struct dns_client *client, uint16_t id)
{
	uint64_t hash = hash_add(hash_seed(), client->socket);

	hash = hash_add(hash, (uint64_t)client->server_port << 16 | id);
	return hash_bytes(hash, client->server.bytes, sizeof(client->server.bytes));
}

static bool dns_lookups_fits(const struct dns_lookup *lookup, const struct dns_client *client,
			     uint16_t id)
{
	return lookup->id == id && lookup->client.socket == client->socket &&
	       lookup->client.server_port == client->server_port &&
	       memcmp(&lookup->client.server, &client->server, sizeof(client->server)) == 0;
}

/* Finds the query with the socket, server, id and question of a message. A message without a
 * question, as some errors are, matches any question. */
static uint32_t dns_lookups_find(const struct dns_lookups *lookups, const struct dns_client *client,
				 const struct dns_message *message)
{
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&lookups->index, dns_lookups_hash(client, message->id),
					    &cursor);
	     at != HASH_INDEX_NONE; at = hash_index_next(&lookups->index, &cursor)) {
		const struct dns_lookup *lookup = &lookups->items[at];
		if (dns_lookups_fits(lookup, client, message->id) &&
		    (!message->has_question ||
		     (lookup->type == message->type && strcmp(lookup->name, message->name) == 0)))
			return at;
	}
	return HASH_INDEX_NONE;
}

static void dns_lookups_remove(struct dns_lookups *lookups, uint32_t at)
{
	struct dns_lookup *lookup = &lookups->items[at];

	if (!lookup->is_late)
		dns_shares_remove(&lookups->shares, lookup->client.cgroup_id);
	index_list_remove(dns_lookups_list(lookups, at), INDEX_LINKS(lookups->items, link), at);
	hash_index_remove(&lookups->index, dns_lookups_hash(&lookup->client, lookup->id), at);
	free(lookup->name);
	*lookup = (struct dns_lookup){.link.newer = lookups->free_list};
	lookups->free_list = at;
}

/* Returns the position of an unused lookup without marking it as used: the first of the free list,
 * or lookups->count. If `max` lookups are in use, first removes the oldest query in `late`.
 * HASH_INDEX_NONE: there is no such query, or memory is short. */
static uint32_t dns_lookups_place(struct dns_lookups *lookups)
{
	if (lookups->free_list == HASH_INDEX_NONE && lookups->count == lookups->max &&
	    lookups->late.oldest != HASH_INDEX_NONE)
		dns_lookups_remove(lookups, lookups->late.oldest);
	if (lookups->free_list != HASH_INDEX_NONE)
		return lookups->free_list;
	if (lookups->count == lookups->max ||
	    ARRAY_RESERVE(lookups->items, lookups->capacity, lookups->count + 1))
		return HASH_INDEX_NONE;
	lookups->items[lookups->count] = (struct dns_lookup){.link.newer = HASH_INDEX_NONE};
	return (uint32_t)lookups->count;
}

/* --- truncated answers --- */

static void dns_lookups_note_cut(struct dns_lookups *lookups, const struct dns_lookup *lookup,
				 uint64_t time_ns)
{
	lookups->cut_answers[lookups->next_cut] = (struct dns_cut_answer){
		.name = hash_string(hash_seed(), lookup->name),
		.cgroup_id = lookup->client.cgroup_id,
		.asked_ns = lookup->asked_ns,
		.answered_ns = time_ns,
		.pid = lookup->client.pid,
		.type = lookup->type,
	};
	lookups->next_cut = (lookups->next_cut + 1) % CUT_ANSWERS_MAX;
}

/* Returns the time of the query whose truncated answer a query over TCP asks for again, or 0. */
static uint64_t dns_lookups_find_cut(struct dns_lookups *lookups, const struct dns_packet *packet)
{
	uint64_t name = hash_string(hash_seed(), lookups->message.name);
	const struct dns_client *client = &packet->client;

	for (size_t i = 0; client->is_tcp && i < CUT_ANSWERS_MAX; i++) {
		struct dns_cut_answer *cut = &lookups->cut_answers[i];
		if (!cut->answered_ns || cut->name != name || cut->type != lookups->message.type ||
		    cut->cgroup_id != client->cgroup_id ||
		    (cut->pid && client->pid && cut->pid != client->pid) ||
		    packet->time_ns - cut->answered_ns >= DNS_UNANSWERED_NS)
			continue;
		cut->answered_ns = 0;
		return cut->asked_ns;
	}
	return 0;
}

static void dns_lookups_add(struct dns_lookups *lookups, const struct dns_packet *packet)
{
	const struct dns_message *message = &lookups->message;
	uint64_t cgroup_id = packet->client.cgroup_id;

	if (!dns_shares_admit(&lookups->shares, cgroup_id, lookups->max)) {
		lookups->counts.unkept++;
		return;
	}
	uint32_t at = dns_lookups_place(lookups);
	char *name = at == HASH_INDEX_NONE ? NULL : memory_checked(strdup(message->name));

	if (!name || hash_index_insert(&lookups->index,
				       dns_lookups_hash(&packet->client, message->id), at)) {
		free(name);
		lookups->counts.unkept++;
		return;
	}
	if (at == lookups->count)
		lookups->count++;
	else
		lookups->free_list = lookups->items[at].link.newer;
	lookups->items[at] = (struct dns_lookup){
		.client = packet->client,
		.asked_ns = packet->time_ns,
		.first_asked_ns = dns_lookups_find_cut(lookups, packet),
		.name = name,
		.id = message->id,
		.type = message->type,
	};
	index_list_append(&lookups->waiting, INDEX_LINKS(lookups->items, link), at);
	dns_shares_add(&lookups->shares, cgroup_id);
}

/* --- packets --- */

static void dns_lookups_report(struct dns_lookups *lookups, uint32_t at, enum dns_outcome outcome,
			       uint64_t ended_ns)
{
	const struct dns_lookup *lookup = &lookups->items[at];
	const struct dns_result result = {
		.outcome = outcome,
		.client = &lookup->client,
		.name = lookup->name,
		.answer = outcome == DNS_ANSWERED ? &lookups->message : NULL,
		.asked_ns = lookup->first_asked_ns ? lookup->first_asked_ns : lookup->asked_ns,
		.ended_ns = ended_ns,
		.type = lookup->type,
		.is_fallback = lookup->first_asked_ns > 0,
	};

	lookups->callback(lookups->data, &result);
}

static void dns_lookups_query(struct dns_lookups *lookups, const struct dns_packet *packet,
			      int error)
{
	if (error) {
		lookups->counts.malformed++;
		return;
	}
	uint32_t at = dns_lookups_find(lookups, &packet->client, &lookups->message);
	/* A client that repeats its query has waited since the first one. But if that one was
	 * reported as unanswered, or was answered, the repetition starts a new lookup. */
	if (at != HASH_INDEX_NONE && !lookups->items[at].is_late &&
	    !lookups->items[at].is_answered) {
		lookups->items[at].repeats++;
		return;
	}
	if (at != HASH_INDEX_NONE)
		dns_lookups_remove(lookups, at);
	dns_lookups_add(lookups, packet);
}

/* Returns whether polecat may have missed the query of a stray answer. */
static bool dns_lookups_may_have_asked(const struct dns_lookups *lookups,
				       const struct dns_packet *packet)
{
	if (lookups->lost_ns && packet->time_ns - lookups->lost_ns < DNS_UNANSWERED_NS)
		return true;
	if (packet->is_translated)
		return true;
	return packet->is_begun_by_server &&
	       (!lookups->started_ns || packet->time_ns - lookups->started_ns < DNS_UNANSWERED_NS);
}

static void dns_lookups_stray(struct dns_lookups *lookups, const struct dns_packet *packet)
{
	if (dns_lookups_may_have_asked(lookups, packet))
		return;
	dns_strays_add(&lookups->strays, &packet->client, &lookups->message, packet->time_ns);
}

static void dns_lookups_report_strays(struct dns_lookups *lookups)
{
	for (size_t i = 0; i < lookups->strays.count; i++) {
		const struct dns_stray *stray = &lookups->strays.items[i];
		const struct dns_result result = {
			.outcome = DNS_STRAY,
			.client = &stray->client,
			.name = stray->name,
			.asked_ns = stray->time_ns,
			.ended_ns = stray->time_ns,
			.strays = stray->count,
			.type = stray->type,
		};
		lookups->callback(lookups->data, &result);
		lookups->counts.stray += stray->count;
	}
	lookups->strays.count = 0;
}

/* Ends a query at its answer. If the query was repeated, keeps it for the other answers, which are
 * not reported. */
static void dns_lookups_end(struct dns_lookups *lookups, uint32_t at, uint64_t time_ns)
{
	struct dns_lookup *lookup = &lookups->items[at];

	if (!lookup->is_answered) {
		dns_lookups_report(lookups, at, DNS_ANSWERED, time_ns);
		if (lookups->message.is_truncated && !lookup->client.is_tcp)
			dns_lookups_note_cut(lookups, lookup, time_ns);
	} else {
		lookup->repeats--;
	}
	lookup->is_answered = true;
	if (lookup->repeats == 0)
		dns_lookups_remove(lookups, at);
}

static void dns_lookups_answer(struct dns_lookups *lookups, const struct dns_packet *packet,
			       int error)
{
	if (error)
		lookups->message.has_question = false;
	uint32_t at = dns_lookups_find(lookups, &packet->client, &lookups->message);
	if (at == HASH_INDEX_NONE) {
		lookups->counts.malformed += error != 0;
		if (!error)
			dns_lookups_stray(lookups, packet);
		return;
	}
	if (!error) {
		dns_lookups_end(lookups, at, packet->time_ns);
		return;
	}
	lookups->counts.malformed++;
	if (!lookups->items[at].is_malformed && !lookups->items[at].is_answered) {
		lookups->items[at].is_malformed = true;
		dns_lookups_report(lookups, at, DNS_MALFORMED, packet->time_ns);
	}
}

void dns_lookups_packet(struct dns_lookups *lookups, const struct dns_packet *packet)
{
	int error =
		dns_message_parse(packet->data, packet->length, packet->is_cut, &lookups->message);

	if (error == -ENOMSG)
		return;
	if (packet->length < DNS_HEADER_SIZE) {
		lookups->counts.malformed++;
		return;
	}
	/* Ignore the socket of a server, which sends answers and receives queries. Its packets come
	 * here if the client uses port 53 too. */
	if (!error && lookups->message.is_answer == packet->is_sent)
		return;
	if (packet->is_sent)
		dns_lookups_query(lookups, packet, error);
	else
		dns_lookups_answer(lookups, packet, error);
}

void dns_lookups_note_loss(struct dns_lookups *lookups, uint64_t now_ns)
{
	lookups->lost_ns = now_ns;
	lookups->strays.count = 0;
}

void dns_lookups_expire(struct dns_lookups *lookups, uint64_t now_ns)
{
	uint32_t at;

	if (!lookups->started_ns)
		lookups->started_ns = now_ns;
	dns_lookups_report_strays(lookups);
	while ((at = lookups->waiting.oldest) != HASH_INDEX_NONE &&
	       now_ns >= lookups->items[at].asked_ns + DNS_UNANSWERED_NS) {
		if (!lookups->items[at].is_answered)
			dns_lookups_report(lookups, at, DNS_UNANSWERED,
					   lookups->items[at].asked_ns + DNS_UNANSWERED_NS);
		index_list_remove(dns_lookups_list(lookups, at), INDEX_LINKS(lookups->items, link),
				  at);
		dns_shares_remove(&lookups->shares, lookups->items[at].client.cgroup_id);
		lookups->items[at].is_late = true;
		index_list_append(&lookups->late, INDEX_LINKS(lookups->items, link), at);
	}
	while ((at = lookups->late.oldest) != HASH_INDEX_NONE &&
	       now_ns >= lookups->items[at].asked_ns + DNS_FORGET_NS)
		dns_lookups_remove(lookups, at);
}

uint64_t dns_lookups_report_refused(struct dns_lookups *lookups, dns_refused_callback *callback,
				    void *data)
{
	return dns_shares_report(&lookups->shares, callback, data);
}
