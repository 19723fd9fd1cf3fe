/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/timestamp.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define SECONDS_PER_DAY 86400

/* Days count from 1 March of year 0 (proleptic Gregorian calendar), so that the leap day is the
 * last day of a year. An era is 400 years. Day 719468 is 1970-01-01. */
#define DAYS_PER_ERA 146097
#define EPOCH_DAY    719468

/* Writes the two digits of a value below 100. */
static inline void timestamp_put_pair(char *at, uint32_t value)
{
	at[0] = (char)('0' + value / 10);
	at[1] = (char)('0' + value % 10);
}

/* Must be fast, because it runs for each line of JSON. Computes the date with multiplications in
 * place of divisions, by the algorithm of Neri and Schneider, "Euclidean affine functions and their
 * application to calendar algorithms" (2022). */
size_t timestamp_format(uint64_t unix_ns, char text[TIMESTAMP_TEXT_SIZE])
{
	static const char form[] = "0000-00-00T00:00:00.000000000Z";
	uint64_t seconds = unix_ns / NS_PER_SECOND;
	uint32_t ns = (uint32_t)(unix_ns % NS_PER_SECOND);
	uint32_t second_of_day = (uint32_t)(seconds % SECONDS_PER_DAY);
	uint32_t quarter_days = 4 * ((uint32_t)(seconds / SECONDS_PER_DAY) + EPOCH_DAY) + 3;
	uint32_t century = quarter_days / DAYS_PER_ERA;
	uint64_t years = 2939745ull * (quarter_days % DAYS_PER_ERA | 3); /* in units of 2^-32 */
	uint32_t day_of_year = (uint32_t)years / (4 * 2939745u);
	uint32_t months = 2141 * day_of_year + 197913; /* in units of 2^-16 */
	bool is_next_year = day_of_year >= 306;        /* January or February */
	uint32_t month = (months >> 16) - (is_next_year ? 12 : 0);
	uint32_t year = 100 * century + (uint32_t)(years >> 32) + is_next_year;

	memcpy(text, form, sizeof(form));
	timestamp_put_pair(text, year / 100);
	timestamp_put_pair(text + 2, year % 100);
	timestamp_put_pair(text + 5, month);
	timestamp_put_pair(text + 8, (months & 0xffff) / 2141 + 1);
	timestamp_put_pair(text + 11, second_of_day / 3600);
	timestamp_put_pair(text + 14, second_of_day / 60 % 60);
	timestamp_put_pair(text + 17, second_of_day % 60);
	text[20] = (char)('0' + ns / 100000000);
	timestamp_put_pair(text + 21, ns / 1000000 % 100);
	timestamp_put_pair(text + 23, ns / 10000 % 100);
	timestamp_put_pair(text + 25, ns / 100 % 100);
	timestamp_put_pair(text + 27, ns % 100);
	return sizeof(form) - 1;
}

/* Returns the value of two digits. Returns 100, which every caller refuses, if a byte is not a
 * digit. */
static unsigned int timestamp_read_two(const char *at)
{
	unsigned int tens = (unsigned int)at[0] - '0';
	unsigned int ones = (unsigned int)at[1] - '0';

	return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/* Returns the days since 1970-01-01. Month 13 is January of the next year. */
static int64_t timestamp_day_number(int64_t year, int64_t month, int64_t day)
{
	int64_t march_year = year - (month <= 2);
	int64_t era = (march_year >= 0 ? march_year : march_year - 399) / 400;
	int64_t year_of_era = march_year - era * 400;
	int64_t month_from_march = month > 2 ? month - 3 : month + 9;
	int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;

	return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - EPOCH_DAY;
}

/* Parses "2026-01-02". */
static bool timestamp_parse_date(const char *text, int64_t *days)
{
	unsigned int century = timestamp_read_two(text);
	unsigned int year = timestamp_read_two(text + 2);
	unsigned int month = timestamp_read_two(text + 5);
	unsigned int day = timestamp_read_two(text + 8);

	if (century > 99 || year > 99 || text[4] != '-' || text[7] != '-' || month < 1 ||
	    month > 12 || day < 1 || day > 31)
		return false;
	year += 100 * century;
	*days = timestamp_day_number(year, month, day);
	return day <= 28 || *days < timestamp_day_number(year, month + 1, 1);
}

/* Parses "03:04:05". A leap second (RFC 3339 section 5.7) counts as the second after it, because
 * Unix time has no number for a leap second. */
static bool timestamp_parse_clock(const char *text, int64_t *seconds)
{
	unsigned int hour = timestamp_read_two(text);
	unsigned int minute = timestamp_read_two(text + 3);
	unsigned int second = timestamp_read_two(text + 6);

	*seconds = (int64_t)hour * 3600 + (int64_t)minute * 60 + (int64_t)second;
	return hour <= 23 && text[2] == ':' && minute <= 59 && text[5] == ':' && second <= 60;
}

/* Parses the end of a timestamp: "Z", or an offset such as "+02:00". */
static bool timestamp_parse_zone(const char *at, size_t length, int64_t *offset)
{
	*offset = 0;
	if (length == 1)
		return at[0] == 'Z' || at[0] == 'z';
	if (length != strlen("+00:00") || (at[0] != '+' && at[0] != '-') || at[3] != ':')
		return false;
	unsigned int hours = timestamp_read_two(at + 1);
	unsigned int minutes = timestamp_read_two(at + 4);
	*offset = (at[0] == '+' ? 60 : -60) * ((int64_t)hours * 60 + (int64_t)minutes);
	return hours <= 23 && minutes <= 59;
}

int timestamp_parse(const char *text, size_t length, uint64_t *unix_ns)
{
	uint64_t ns = 0;
	uint64_t result;
	int64_t days;
	int64_t seconds;
	int64_t offset;

	if (length <= strlen("0000-00-00T00:00:00") || !timestamp_parse_date(text, &days) ||
	    (text[10] != 'T' && text[10] != 't' && text[10] != ' ') ||
	    !timestamp_parse_clock(text + 11, &seconds))
		return -EINVAL;
	const char *end = text + length;
	const char *at = text + strlen("0000-00-00T00:00:00");
	if (*at == '.') {
		uint64_t unit = NS_PER_SECOND / 10;
		const char *start = ++at;
		for (; at < end && *at >= '0' && *at <= '9'; at++, unit /= 10)
			ns += unit * (uint64_t)(*at - '0');
		if (at == start)
			return -EINVAL;
	}
	if (!timestamp_parse_zone(at, (size_t)(end - at), &offset))
		return -EINVAL;
	seconds += days * SECONDS_PER_DAY - offset;
	if (seconds < 0 || __builtin_mul_overflow((uint64_t)seconds, NS_PER_SECOND, &result) ||
	    __builtin_add_overflow(result, ns, &result))
		return -ERANGE;
	*unix_ns = result;
	return 0;
}
