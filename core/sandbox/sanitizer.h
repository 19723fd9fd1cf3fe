/* SPDX-License-Identifier: Apache-2.0 */
/* The sanitizers with which this file is compiled, as 0 or 1: gcc defines macros, and clang has
 * features. */
#ifndef POLECAT_CORE_SANDBOX_SANITIZER_H
#define POLECAT_CORE_SANDBOX_SANITIZER_H

#if defined(__has_feature)
#define SANITIZER_FEATURE(name) __has_feature(name)
#else
#define SANITIZER_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || SANITIZER_FEATURE(address_sanitizer)
#define SANITIZER_ADDRESS 1
#else
#define SANITIZER_ADDRESS 0
#endif

#if defined(__SANITIZE_THREAD__) || SANITIZER_FEATURE(thread_sanitizer)
#define SANITIZER_THREAD 1
#else
#define SANITIZER_THREAD 0
#endif

#endif
