/* SPDX-License-Identifier: Apache-2.0 */
/* Describes selectors, peers and ports of policies for users. The text contains names that others
 * control: escape before printing. Pure. */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_WORDS_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_WORDS_H

#include <stddef.h>

#include "core/policy/netpol/netpol.h"

/* A text in a buffer of the caller. It is truncated if the buffer is too small. */
struct netpol_words {
	char *text;
	size_t length;
	size_t size;
};

/* Starts an empty text. */
struct netpol_words netpol_words_start(char *buffer, size_t size);

void netpol_words_add(struct netpol_words *words, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds "FILE:LINE" of a policy, or only "FILE" if the line is 0. The line is 0 in policies that
 * were read from the cluster. */
void netpol_words_place(struct netpol_words *words, const struct netpol *policy, unsigned int line);

/* Adds a selector in the syntax of kubectl -l: "app=db,tier in (a,b),!old". An empty selector adds
 * nothing. */
void netpol_words_selector(struct netpol_words *words, const struct netpol_selector *selector);

/* Adds "pods app=db in shop", "all pods in namespaces team=blue", "198.51.100.0/24 except …", or
 * "any peer" (NULL). */
void netpol_words_peer(struct netpol_words *words, const struct netpol_peer *peer);

/* Adds a peer in few columns: "app=db" for pods of `namespace_name`, "monitoring/app=db", "app=db
 * in team=blue", or "all pods" instead of a selector; for other peers as netpol_words_peer, but
 * with the number of excepted blocks: "0.0.0.0/0 except 14". */
void netpol_words_peer_short(struct netpol_words *words, const struct netpol_peer *peer,
			     const char *namespace_name);

/* Adds "TCP 80", "UDP 8000-8080", "TCP http", "SCTP", or "any port" (NULL). `name` is the name of a
 * single port, for "TCP http (8080)", or NULL. */
void netpol_words_port(struct netpol_words *words, const struct netpol_port *port,
		       const char *name);

#endif
