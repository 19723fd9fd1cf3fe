/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The current credentials: those of the configuration, of a token file that is read again and again,
 * or of a program that is run again before they expire.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_CREDENTIALS_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/source/kube/kube_config.h"
#include "core/source/source.h"

struct kube_credentials;

/* config must live longer. 0 or -ENOMEM. */
int kube_credentials_new(const struct kube_config *config, struct kube_credentials **out);
void kube_credentials_free(struct kube_credentials *credentials);

/* Call if the server refused the credentials: the next refresh replaces them. */
void kube_credentials_refused(struct kube_credentials *credentials);

/*
 * Makes the credentials valid for a request at now_ms (CLOCK_MONOTONIC, milliseconds). May run a
 * program and wait for it. *certificate_changed: the client certificate is new, so connect again. 0,
 * or -errno with a message.
 */
int kube_credentials_refresh(struct kube_credentials *credentials, struct source *source,
			     uint64_t now_ms, bool *certificate_changed,
			     char message[KUBE_CONFIG_MESSAGE_SIZE]);

/* Return credentials that are valid until the next refresh; NULL: none. */
const char *kube_credentials_token(const struct kube_credentials *credentials);
/* Those of a program; the configuration has its own. */
const char *kube_credentials_certificate(const struct kube_credentials *credentials);
const char *kube_credentials_key(const struct kube_credentials *credentials);

#endif
