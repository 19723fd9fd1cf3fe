/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The credentials of the moment: those that the configuration holds, a token's file that is read
 * again, or a program that is run again.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_CREDENTIALS_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/source/kube/kube_config.h"
#include "core/source/source.h"

struct kube_credentials;

/* config must live as long. 0 or -ENOMEM. */
int kube_credentials_new(const struct kube_config *config, struct kube_credentials **out);
void kube_credentials_free(struct kube_credentials *credentials);

/* The server refused them: they are got anew before the next request. */
void kube_credentials_refused(struct kube_credentials *credentials);

/*
 * Makes them good for a request at now_ms (a monotonic clock's milliseconds). May run a program and
 * wait for it. *certificate_changed becomes true when the client certificate is another one than
 * before: connections must be made anew. 0, or -errno with a message.
 */
int kube_credentials_refresh(struct kube_credentials *credentials, struct source *source,
			     uint64_t now_ms, bool *certificate_changed,
			     char message[KUBE_CONFIG_MESSAGE_SIZE]);

/* Valid until the next refresh; NULL: none. */
const char *kube_credentials_token(const struct kube_credentials *credentials);
/* A program's; the configuration's are in the configuration. */
const char *kube_credentials_certificate(const struct kube_credentials *credentials);
const char *kube_credentials_key(const struct kube_credentials *credentials);

#endif
