/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/record_names.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* Defines the words of one enumeration. The values of the enumeration index the texts. */
#define WORDS(name, ...)                                         \
	static const char *const name##_texts[] = {__VA_ARGS__}; \
	const struct record_words name##_words = {name##_texts,  \
						  sizeof(name##_texts) / sizeof(name##_texts[0])}

WORDS(record_kind, [RECORD_HELLO] = "hello", [RECORD_FLOW] = "flow",
      [RECORD_CONTAINER] = "container", [RECORD_POD] = "pod", [RECORD_SERVICE] = "service",
      [RECORD_NAMESPACE] = "namespace", [RECORD_NODE] = "node",
      [RECORD_SERVICE_RANGE] = "service_range", [RECORD_WORKLOAD] = "workload",
      [RECORD_DNS] = "dns", [RECORD_EDGE] = "edge", [RECORD_CLOCK] = "clock",
      [RECORD_LOST] = "lost");

WORDS(clock_set, [CLOCK_SET_FORWARD] = "forward", [CLOCK_SET_BACK] = "back");

WORDS(flow_event, [FLOW_ATTEMPT] = "attempt", [FLOW_ESTABLISHED] = "established",
      [FLOW_FAILED] = "failed", [FLOW_ACCEPTED] = "accepted", [FLOW_CLOSED] = "closed",
      [FLOW_OPEN] = "open", [FLOW_DATAGRAM] = "datagram", [FLOW_DROPPED] = "dropped",
      [FLOW_UNANSWERED] = "unanswered", [FLOW_LOOKUP_FAILED] = "lookup_failed");

WORDS(flow_end, [FLOW_END_FIN] = "fin", [FLOW_END_RESET] = "reset",
      [FLOW_END_RESET_BY_PEER] = "reset_by_peer", [FLOW_END_TIMEOUT] = "timeout",
      [FLOW_END_KILLED] = "killed", [FLOW_END_UNSEEN] = "not_seen");

WORDS(flow_fin_by, [FLOW_FIN_BY_SELF] = "self", [FLOW_FIN_BY_PEER] = "peer");

WORDS(flow_owner, [FLOW_OWNER_LISTENER] = "listener");

WORDS(flow_drop_place, [FLOW_DROP_OWN] = "own", [FLOW_DROP_NODE] = "node",
      [FLOW_DROP_OTHER] = "other");

WORDS(flow_direction, [FLOW_EGRESS] = "egress", [FLOW_INGRESS] = "ingress");

WORDS(flow_protocol, [FLOW_TCP] = "TCP", [FLOW_UDP] = "UDP", [FLOW_SCTP] = "SCTP");

WORDS(flow_tcp_state, [FLOW_STATE_ESTABLISHED] = "ESTABLISHED", [FLOW_STATE_SYN_SENT] = "SYN_SENT",
      [FLOW_STATE_SYN_RECV] = "SYN_RECV", [FLOW_STATE_FIN_WAIT1] = "FIN_WAIT1",
      [FLOW_STATE_FIN_WAIT2] = "FIN_WAIT2", [FLOW_STATE_TIME_WAIT] = "TIME_WAIT",
      [FLOW_STATE_CLOSE] = "CLOSE", [FLOW_STATE_CLOSE_WAIT] = "CLOSE_WAIT",
      [FLOW_STATE_LAST_ACK] = "LAST_ACK", [FLOW_STATE_LISTEN] = "LISTEN",
      [FLOW_STATE_CLOSING] = "CLOSING", [FLOW_STATE_NEW_SYN_RECV] = "NEW_SYN_RECV");

WORDS(flow_peer_kind, [FLOW_PEER_POD] = "pod", [FLOW_PEER_SERVICE] = "service",
      [FLOW_PEER_NODE] = "node", [FLOW_PEER_HOST] = "host", [FLOW_PEER_EXTERNAL] = "external");

WORDS(lost_where, [LOST_KERNEL] = "kernel", [LOST_QUEUE] = "queue", [LOST_MEMORY] = "memory",
      [LOST_STREAM] = "stream", [LOST_GAP] = "gap");

uint8_t record_words_find(const struct record_words *words, const char *text)
{
	for (size_t i = 1; i < words->count; i++) {
		if (words->texts[i] && strcmp(words->texts[i], text) == 0)
			return (uint8_t)i;
	}
	return 0;
}

/* Uses a table of its own, because only glibc has strerrorname_np. The table has the errors of
 * Linux (asm-generic/errno*.h), except EWOULDBLOCK, EDEADLOCK and ENOTSUP, which share their
 * numbers with other errors. */
const char *flow_error_name(int error)
{
#define NAME(name) [name] = #name
	/* clang-format off */
	static const char *const names[] = {
		NAME(EPERM), NAME(ENOENT), NAME(ESRCH), NAME(EINTR), NAME(EIO), NAME(ENXIO),
		NAME(E2BIG), NAME(ENOEXEC), NAME(EBADF), NAME(ECHILD), NAME(EAGAIN), NAME(ENOMEM),
		NAME(EACCES), NAME(EFAULT), NAME(ENOTBLK), NAME(EBUSY), NAME(EEXIST), NAME(EXDEV),
		NAME(ENODEV), NAME(ENOTDIR), NAME(EISDIR), NAME(EINVAL), NAME(ENFILE),
		NAME(EMFILE), NAME(ENOTTY), NAME(ETXTBSY), NAME(EFBIG), NAME(ENOSPC), NAME(ESPIPE),
		NAME(EROFS), NAME(EMLINK), NAME(EPIPE), NAME(EDOM), NAME(ERANGE), NAME(EDEADLK),
		NAME(ENAMETOOLONG), NAME(ENOLCK), NAME(ENOSYS), NAME(ENOTEMPTY), NAME(ELOOP),
		NAME(ENOMSG), NAME(EIDRM), NAME(ECHRNG), NAME(EL2NSYNC), NAME(EL3HLT),
		NAME(EL3RST), NAME(ELNRNG), NAME(EUNATCH), NAME(ENOCSI), NAME(EL2HLT), NAME(EBADE),
		NAME(EBADR), NAME(EXFULL), NAME(ENOANO), NAME(EBADRQC), NAME(EBADSLT),
		NAME(EBFONT), NAME(ENOSTR), NAME(ENODATA), NAME(ETIME), NAME(ENOSR), NAME(ENONET),
		NAME(ENOPKG), NAME(EREMOTE), NAME(ENOLINK), NAME(EADV), NAME(ESRMNT), NAME(ECOMM),
		NAME(EPROTO), NAME(EMULTIHOP), NAME(EDOTDOT), NAME(EBADMSG), NAME(EOVERFLOW),
		NAME(ENOTUNIQ), NAME(EBADFD), NAME(EREMCHG), NAME(ELIBACC), NAME(ELIBBAD),
		NAME(ELIBSCN), NAME(ELIBMAX), NAME(ELIBEXEC), NAME(EILSEQ), NAME(ERESTART),
		NAME(ESTRPIPE), NAME(EUSERS), NAME(ENOTSOCK), NAME(EDESTADDRREQ), NAME(EMSGSIZE),
		NAME(EPROTOTYPE), NAME(ENOPROTOOPT), NAME(EPROTONOSUPPORT), NAME(ESOCKTNOSUPPORT),
		NAME(EOPNOTSUPP), NAME(EPFNOSUPPORT), NAME(EAFNOSUPPORT), NAME(EADDRINUSE),
		NAME(EADDRNOTAVAIL), NAME(ENETDOWN), NAME(ENETUNREACH), NAME(ENETRESET),
		NAME(ECONNABORTED), NAME(ECONNRESET), NAME(ENOBUFS), NAME(EISCONN), NAME(ENOTCONN),
		NAME(ESHUTDOWN), NAME(ETOOMANYREFS), NAME(ETIMEDOUT), NAME(ECONNREFUSED),
		NAME(EHOSTDOWN), NAME(EHOSTUNREACH), NAME(EALREADY), NAME(EINPROGRESS),
		NAME(ESTALE), NAME(EUCLEAN), NAME(ENOTNAM), NAME(ENAVAIL), NAME(EISNAM),
		NAME(EREMOTEIO), NAME(EDQUOT), NAME(ENOMEDIUM), NAME(EMEDIUMTYPE), NAME(ECANCELED),
		NAME(ENOKEY), NAME(EKEYEXPIRED), NAME(EKEYREVOKED), NAME(EKEYREJECTED),
		NAME(EOWNERDEAD), NAME(ENOTRECOVERABLE), NAME(ERFKILL), NAME(EHWPOISON),
	};
	/* clang-format on */
#undef NAME

	if (error <= 0 || (size_t)error >= sizeof(names) / sizeof(names[0]))
		return NULL;
	return names[error];
}

int flow_error_number(const char *text)
{
	int number = 0;

	for (int i = 1; i <= EHWPOISON; i++) {
		const char *name = flow_error_name(i);
		if (name && strcmp(text, name) == 0)
			return i;
	}
	if (strlen(text) > 5 || *text == '0')
		return 0;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		number = number * 10 + (*text - '0');
	}
	return number <= INT16_MAX && !flow_error_name(number) ? number : 0;
}
