/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the setting `keys`: a mapping of actions to their keys. */
#ifndef POLECAT_TUI_OPTIONS_SETTINGS_KEYS_H
#define POLECAT_TUI_OPTIONS_SETTINGS_KEYS_H

#include "core/base/yaml_decode.h"

/* A yaml_decoder. `member` is a struct key_choices. Refuses unknown actions and keys, and a key
 * that two actions would have. */
int settings_decode_keys(const struct yaml_decoding *decoding, const struct yaml_node *node,
			 const void *type, void *member);

#endif
