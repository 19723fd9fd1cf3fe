/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks names, labels and port names as the API server does. A draft must contain only valid
 * text, but a recording may contain text that no API server has checked.
 *
 * Rules: k8s.io/apimachinery pkg/util/validation (IsDNS1123Label, IsDNS1123Subdomain,
 * IsQualifiedName, IsValidLabelValue, IsValidPortName). Pure.
 */
#ifndef POLECAT_CORE_POLICY_NETPOL_SYNTAX_H
#define POLECAT_CORE_POLICY_NETPOL_SYNTAX_H

#include <stdbool.h>

#define SYNTAX_SUBDOMAIN_MAX 253
#define SYNTAX_LABEL_MAX     63

bool syntax_is_dns_label(const char *text);      /* a namespace's name */
bool syntax_is_dns_subdomain(const char *text);  /* a NetworkPolicy's name */
bool syntax_is_label_key(const char *text);      /* [prefix/]name */
bool syntax_is_annotation_key(const char *text); /* the same; upper case in the prefix is valid */
bool syntax_is_label_value(const char *text);    /* "" is valid */
bool syntax_is_port_name(const char *text);

#endif
