/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dns/dns_failures.h"

#include <arpa/nameser.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/memory.h"

/* One look-up. */
struct dns_question {
	struct dns_client client;
	uint64_t asked_ns;
	uint64_t begun_ns; /* time of the first answer */
	uint64_t ended_ns;
	uint64_t failed; /* queries that failed; 0: the look-up succeeded so far */
	char *names[DNS_FAILURES_NAMES];
	size_t name_count;
	size_t base; /* length of the base name (dns_failures.h), with which names[0] begins */
	/* The query with the last error other than NXDOMAIN: index in `names`, and type. */
	size_t error_name;
	uint16_t error_type;
	uint8_t rcode;
	bool is_error;    /* rcode is an error other than NXDOMAIN */
	bool is_answered; /* one of the names has addresses */
};

struct dns_failures {
	dns_failures_callback *callback;
	void *data;
	uint64_t processes[DNS_FAILURES_MAX]; /* hash of the client's process; 0: free */
	struct dns_question questions[DNS_FAILURES_MAX];
};

struct dns_failures *dns_failures_new(dns_failures_callback *callback, void *data)
{
	struct dns_failures *failures = memory_checked(calloc(1, sizeof(*failures)));

	if (!failures)
		return NULL;
	failures->callback = callback;
	failures->data = data;
	return failures;
}

static void dns_failures_clear(struct dns_failures *failures, size_t at)
{
	struct dns_question *question = &failures->questions[at];

	for (size_t i = 0; i < question->name_count; i++)
		free(question->names[i]);
	*question = (struct dns_question){0};
	failures->processes[at] = 0;
}

void dns_failures_free(struct dns_failures *failures)
{
	for (size_t i = 0; failures && i < DNS_FAILURES_MAX; i++)
		dns_failures_clear(failures, i);
	free(failures);
}

/* --- names --- */

/* Returns whether the first `length` bytes of a name are `base` and one more label. */
static bool dns_failures_is_child(const char *name, size_t length, const char *base, size_t size)
{
	return length > size + 1 && strncmp(name, base, size) == 0 && name[size] == '.' &&
	       !memchr(name + size + 1, '.', length - size - 1);
}

/* Returns the length of the base name if the two names end in entries of Kubernetes' search list:
 * `longer` in "NAMESPACE.svc.DOMAIN" or "svc.DOMAIN", and `shorter` in "svc.DOMAIN" or "DOMAIN".
 * Otherwise returns 0. */
static size_t dns_failures_cluster_base(const char *longer, const char *shorter)
{
	static const char svc[] = ".svc.";
	const char *at = strstr(longer, svc);
	size_t size = strlen(shorter);

	if (!at)
		return 0;
	size_t head = (size_t)(at - longer);
	size_t tail = strlen(at);
	if (size > tail && strcmp(shorter + size - tail, at) == 0)
		return dns_failures_is_child(longer, head, shorter, size - tail) ? size - tail : 0;
	at += strlen(svc) - 1; /* the dot before the domain */
	tail = strlen(at);
	if (size <= tail || strcmp(shorter + size - tail, at) != 0)
		return 0;
	size -= tail;
	if ((head == size && strncmp(longer, shorter, size) == 0) ||
	    dns_failures_is_child(longer, head, shorter, size))
		return size;
	return 0;
}

/* Returns the length of the base name of two names, or 0 if they belong to different look-ups. */
static size_t dns_failures_base(const char *a, const char *b)
{
	size_t length_a = strlen(a);
	size_t length_b = strlen(b);
	const char *longer = length_a >= length_b ? a : b;
	const char *shorter = longer == a ? b : a;
	size_t size = strlen(shorter);

	if (strncmp(longer, shorter, size) == 0 && (longer[size] == '\0' || longer[size] == '.'))
		return size;
	return dns_failures_cluster_base(longer, shorter);
}

/* Returns the length of the look-up's base name if `name` belongs to the look-up, else 0. */
static size_t dns_failures_match(const struct dns_question *question, const char *name)
{
	size_t base = 0;

	for (size_t i = 0; i < question->name_count; i++) {
		size_t found = dns_failures_base(question->names[i], name);
		if (found > 0 && (base == 0 || found < base))
			base = found;
	}
	if (base == 0 && question->base > 0 && question->name_count > 1 &&
	    strncmp(name, question->names[0], question->base) == 0 && name[question->base] == '.')
		base = question->base;
	return base;
}

/* --- look-ups --- */

static uint64_t dns_failures_process(const struct dns_client *client)
{
	uint64_t hash = hash_add(hash_seed(), client->cgroup_id);

	hash = hash_add(hash, client->netns);
	return hash_add(hash, client->pid ? client->pid : client->socket) | 1;
}

static void dns_failures_end(struct dns_failures *failures, size_t at)
{
	const struct dns_question *question = &failures->questions[at];

	if (question->failed > 0 && (question->is_error || !question->is_answered)) {
		char *name = question->names[0];
		name[question->base] = '\0';
		const struct dns_failure failure = {
			.client = &question->client,
			.name = name,
			.asked_ns = question->asked_ns,
			.ended_ns = question->ended_ns,
			.queries = question->failed,
			.rcode = question->rcode,
		};
		failures->callback(failures->data, &failure);
	}
	dns_failures_clear(failures, at);
}

/* Returns a free index of questions[]. If none is free, ends the oldest look-up to free one. */
static size_t dns_failures_place(struct dns_failures *failures)
{
	size_t oldest = 0;

	for (size_t i = 0; i < DNS_FAILURES_MAX; i++) {
		if (failures->processes[i] == 0)
			return i;
		if (failures->questions[i].begun_ns < failures->questions[oldest].begun_ns)
			oldest = i;
	}
	dns_failures_end(failures, oldest);
	return oldest;
}

/* Returns the index of the name in question->names. Adds a new name if there is room. */
static size_t dns_failures_add_name(struct dns_question *question, const char *name)
{
	size_t at = 0;

	while (at < question->name_count && strcmp(question->names[at], name) != 0)
		at++;
	if (at < question->name_count || at == DNS_FAILURES_NAMES)
		return at;
	question->names[at] = memory_checked(strdup(name));
	if (question->names[at])
		question->name_count++;
	return at;
}

/* Returns the look-up to which the result's query belongs. If none matches, adds one. Returns NULL
 * if out of memory. */
static struct dns_question *dns_failures_get(struct dns_failures *failures,
					     const struct dns_result *result)
{
	uint64_t process = dns_failures_process(result->client);
	struct dns_question *question;

	for (size_t i = 0; i < DNS_FAILURES_MAX; i++) {
		size_t base = 0;
		question = &failures->questions[i];
		if (failures->processes[i] == process)
			base = dns_failures_match(question, result->name);
		if (base == 0)
			continue;
		question->base = base < question->base ? base : question->base;
		return question;
	}
	size_t at = dns_failures_place(failures);
	question = &failures->questions[at];
	*question = (struct dns_question){
		.client = *result->client,
		.asked_ns = result->asked_ns,
		.begun_ns = result->ended_ns,
		.base = strlen(result->name),
	};
	dns_failures_add_name(question, result->name);
	if (question->name_count == 0)
		return NULL;
	failures->processes[at] = process;
	return question;
}

static bool dns_failures_has_answer(const struct dns_message *answer, uint16_t type)
{
	/* Only A and AAAA records are read. Any answer to a query of another type counts. */
	return answer->rcode == ns_r_noerror &&
	       (answer->address_count > 0 || answer->is_truncated || !answer->has_answers ||
		(type != ns_t_a && type != ns_t_aaaa));
}

static void dns_failures_add_error(struct dns_question *question, uint8_t rcode, size_t name,
				   uint16_t type)
{
	question->failed++;
	if (rcode == ns_r_nxdomain) {
		if (!question->is_error)
			question->rcode = rcode;
		return;
	}
	question->is_error = true;
	question->rcode = rcode;
	question->error_name = name;
	question->error_type = type;
}

void dns_failures_result(struct dns_failures *failures, const struct dns_result *result)
{
	const struct dns_message *answer = result->answer;

	if (result->outcome == DNS_UNANSWERED)
		return;
	struct dns_question *question = dns_failures_get(failures, result);
	if (!question)
		return;
	size_t name = dns_failures_add_name(question, result->name);
	question->ended_ns = result->ended_ns;
	if (!answer) {
		dns_failures_add_error(question, ns_r_noerror, name, result->type);
	} else if (answer->rcode != ns_r_noerror) {
		dns_failures_add_error(question, answer->rcode, name, result->type);
	} else if (dns_failures_has_answer(answer, result->type)) {
		question->is_answered = true;
		/* The query succeeded when it was repeated, often at another server. */
		if (question->is_error && question->error_name == name &&
		    question->error_type == result->type)
			question->is_error = false;
	}
}

/* Returns whether the place has a look-up that has ended. */
static bool dns_failures_is_over(const struct dns_failures *failures, size_t place, uint64_t now_ns)
{
	const struct dns_question *question = &failures->questions[place];

	return failures->processes[place] != 0 &&
	       (now_ns - question->ended_ns >= DNS_FAILURES_QUIET_NS ||
		now_ns - question->begun_ns >= DNS_FAILURES_LONGEST_NS);
}

bool dns_failures_are_due(const struct dns_failures *failures, uint64_t now_ns)
{
	for (size_t i = 0; i < DNS_FAILURES_MAX; i++) {
		if (dns_failures_is_over(failures, i, now_ns))
			return true;
	}
	return false;
}

void dns_failures_expire(struct dns_failures *failures, uint64_t now_ns)
{
	for (size_t i = 0; i < DNS_FAILURES_MAX; i++) {
		if (dns_failures_is_over(failures, i, now_ns))
			dns_failures_end(failures, i);
	}
}
