/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/record_names.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* Defines the words of one enumeration: its values index the texts. */
#define WORDS(name, ...)                                         \
	static const char *const name##_texts[] = {__VA_ARGS__}; \
	const struct record_words name##_words = {name##_texts,  \
						  sizeof(name##_texts) / sizeof(name##_texts[0])}

WORDS(record_kind, [RECORD_HELLO] = "hello", [RECORD_FLOW] = "flow",
      [RECORD_CONTAINER] = "container", [RECORD_POD] = "pod", [RECORD_SERVICE] = "service",
      [RECORD_NAMESPACE] = "namespace", [RECORD_NODE] = "node", [RECORD_DNS] = "dns",
      [RECORD_LOST] = "lost");

WORDS(flow_event, [FLOW_ATTEMPT] = "attempt", [FLOW_ESTABLISHED] = "established",
      [FLOW_FAILED] = "failed", [FLOW_ACCEPTED] = "accepted", [FLOW_CLOSED] = "closed",
      [FLOW_OPEN] = "open", [FLOW_DATAGRAM] = "datagram");

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
      [LOST_STREAM] = "stream");

uint8_t record_words_find(const struct record_words *words, const char *text)
{
	for (size_t i = 1; i < words->count; i++) {
		if (words->texts[i] && strcmp(words->texts[i], text) == 0)
			return (uint8_t)i;
	}
	return 0;
}

/*
 * The errors of Linux (include/uapi/asm-generic/errno*.h) by their numbers on this machine. Only
 * glibc has strerrorname_np. Names that share the number of another (EWOULDBLOCK, EDEADLOCK,
 * ENOTSUP) are left out.
 */
const char *flow_error_name(int error)
{
#define ERROR_NAME(name) [name] = #name
	static const char *const names[] = {
		ERROR_NAME(EPERM),
		ERROR_NAME(ENOENT),
		ERROR_NAME(ESRCH),
		ERROR_NAME(EINTR),
		ERROR_NAME(EIO),
		ERROR_NAME(ENXIO),
		ERROR_NAME(E2BIG),
		ERROR_NAME(ENOEXEC),
		ERROR_NAME(EBADF),
		ERROR_NAME(ECHILD),
		ERROR_NAME(EAGAIN),
		ERROR_NAME(ENOMEM),
		ERROR_NAME(EACCES),
		ERROR_NAME(EFAULT),
		ERROR_NAME(ENOTBLK),
		ERROR_NAME(EBUSY),
		ERROR_NAME(EEXIST),
		ERROR_NAME(EXDEV),
		ERROR_NAME(ENODEV),
		ERROR_NAME(ENOTDIR),
		ERROR_NAME(EISDIR),
		ERROR_NAME(EINVAL),
		ERROR_NAME(ENFILE),
		ERROR_NAME(EMFILE),
		ERROR_NAME(ENOTTY),
		ERROR_NAME(ETXTBSY),
		ERROR_NAME(EFBIG),
		ERROR_NAME(ENOSPC),
		ERROR_NAME(ESPIPE),
		ERROR_NAME(EROFS),
		ERROR_NAME(EMLINK),
		ERROR_NAME(EPIPE),
		ERROR_NAME(EDOM),
		ERROR_NAME(ERANGE),
		ERROR_NAME(EDEADLK),
		ERROR_NAME(ENAMETOOLONG),
		ERROR_NAME(ENOLCK),
		ERROR_NAME(ENOSYS),
		ERROR_NAME(ENOTEMPTY),
		ERROR_NAME(ELOOP),
		ERROR_NAME(ENOMSG),
		ERROR_NAME(EIDRM),
		ERROR_NAME(ECHRNG),
		ERROR_NAME(EL2NSYNC),
		ERROR_NAME(EL3HLT),
		ERROR_NAME(EL3RST),
		ERROR_NAME(ELNRNG),
		ERROR_NAME(EUNATCH),
		ERROR_NAME(ENOCSI),
		ERROR_NAME(EL2HLT),
		ERROR_NAME(EBADE),
		ERROR_NAME(EBADR),
		ERROR_NAME(EXFULL),
		ERROR_NAME(ENOANO),
		ERROR_NAME(EBADRQC),
		ERROR_NAME(EBADSLT),
		ERROR_NAME(EBFONT),
		ERROR_NAME(ENOSTR),
		ERROR_NAME(ENODATA),
		ERROR_NAME(ETIME),
		ERROR_NAME(ENOSR),
		ERROR_NAME(ENONET),
		ERROR_NAME(ENOPKG),
		ERROR_NAME(EREMOTE),
		ERROR_NAME(ENOLINK),
		ERROR_NAME(EADV),
		ERROR_NAME(ESRMNT),
		ERROR_NAME(ECOMM),
		ERROR_NAME(EPROTO),
		ERROR_NAME(EMULTIHOP),
		ERROR_NAME(EDOTDOT),
		ERROR_NAME(EBADMSG),
		ERROR_NAME(EOVERFLOW),
		ERROR_NAME(ENOTUNIQ),
		ERROR_NAME(EBADFD),
		ERROR_NAME(EREMCHG),
		ERROR_NAME(ELIBACC),
		ERROR_NAME(ELIBBAD),
		ERROR_NAME(ELIBSCN),
		ERROR_NAME(ELIBMAX),
		ERROR_NAME(ELIBEXEC),
		ERROR_NAME(EILSEQ),
		ERROR_NAME(ERESTART),
		ERROR_NAME(ESTRPIPE),
		ERROR_NAME(EUSERS),
		ERROR_NAME(ENOTSOCK),
		ERROR_NAME(EDESTADDRREQ),
		ERROR_NAME(EMSGSIZE),
		ERROR_NAME(EPROTOTYPE),
		ERROR_NAME(ENOPROTOOPT),
		ERROR_NAME(EPROTONOSUPPORT),
		ERROR_NAME(ESOCKTNOSUPPORT),
		ERROR_NAME(EOPNOTSUPP),
		ERROR_NAME(EPFNOSUPPORT),
		ERROR_NAME(EAFNOSUPPORT),
		ERROR_NAME(EADDRINUSE),
		ERROR_NAME(EADDRNOTAVAIL),
		ERROR_NAME(ENETDOWN),
		ERROR_NAME(ENETUNREACH),
		ERROR_NAME(ENETRESET),
		ERROR_NAME(ECONNABORTED),
		ERROR_NAME(ECONNRESET),
		ERROR_NAME(ENOBUFS),
		ERROR_NAME(EISCONN),
		ERROR_NAME(ENOTCONN),
		ERROR_NAME(ESHUTDOWN),
		ERROR_NAME(ETOOMANYREFS),
		ERROR_NAME(ETIMEDOUT),
		ERROR_NAME(ECONNREFUSED),
		ERROR_NAME(EHOSTDOWN),
		ERROR_NAME(EHOSTUNREACH),
		ERROR_NAME(EALREADY),
		ERROR_NAME(EINPROGRESS),
		ERROR_NAME(ESTALE),
		ERROR_NAME(EUCLEAN),
		ERROR_NAME(ENOTNAM),
		ERROR_NAME(ENAVAIL),
		ERROR_NAME(EISNAM),
		ERROR_NAME(EREMOTEIO),
		ERROR_NAME(EDQUOT),
		ERROR_NAME(ENOMEDIUM),
		ERROR_NAME(EMEDIUMTYPE),
		ERROR_NAME(ECANCELED),
		ERROR_NAME(ENOKEY),
		ERROR_NAME(EKEYEXPIRED),
		ERROR_NAME(EKEYREVOKED),
		ERROR_NAME(EKEYREJECTED),
		ERROR_NAME(EOWNERDEAD),
		ERROR_NAME(ENOTRECOVERABLE),
		ERROR_NAME(ERFKILL),
		ERROR_NAME(EHWPOISON),
	};
#undef ERROR_NAME
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
