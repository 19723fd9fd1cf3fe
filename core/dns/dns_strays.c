/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dns/dns_strays.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Returns the sum for a socket, which is new (count 0) if the socket had none. */
static struct dns_stray *dns_strays_get(struct dns_strays *strays, uint64_t socket)
{
	size_t at = 0;

	while (at < strays->count && at < DNS_STRAYS_MAX &&
	       strays->items[at].client.socket != socket)
		at++;
	if (at == strays->count)
		strays->items[strays->count++] = (struct dns_stray){0};
	return &strays->items[at];
}

void dns_strays_add(struct dns_strays *strays, const struct dns_client *client,
		    const struct dns_message *answer, uint64_t time_ns)
{
	struct dns_stray *stray = dns_strays_get(strays, client->socket);
	bool shared = stray == &strays->items[DNS_STRAYS_MAX];

	if (shared)
		memset(&stray->client, 0, sizeof(stray->client));
	else
		stray->client = *client;
	stray->count++;
	stray->time_ns = time_ns;
	stray->type = answer->type;
	snprintf(stray->name, sizeof(stray->name), "%s", answer->name);
}
