/* SPDX-License-Identifier: MIT */
/* fs/base/safe_name.c - names from the network as names of files */
#include "fs/base/safe_name.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "fs/base/hash.h"

/* A longer id is replaced by its hash. */
enum { ID_MAX = 128 };

/* The length of what is safe at the start of s: 1, or a whole character of
 * UTF-8; 0: its first byte is not safe. Terminals obey U+0080 to U+009F, and,
 * where they do not know UTF-8, the same bytes. */
static size_t plain_len(const char *s, size_t left)
{
	unsigned char byte = s[0];
	size_t len = bytes_character_len(s, left);

	if (byte < ' ' || byte == 0x7f || byte == '/')
		return 0;
	if (byte == 0xc2 && len == 2 && (unsigned char)s[1] < 0xa0)
		return 0;
	return len ? len : byte >= 0xa0;
}

bool safe_name_is_plain(const char *bytes, size_t len)
{
	size_t at = 0, n;

	while (at < len && (n = plain_len(bytes + at, len - at)))
		at += n;
	return at >= len;
}

static bool is_special(char byte, bool is_first, bool allows_tilde)
{
	return byte == '%' || (byte == '~' && !allows_tilde) ||
		(byte == '.' && is_first);
}

static char *encode(const char *bytes, size_t len, bool allows_tilde)
{
	static const char digits[] = "0123456789ABCDEF";
	char *name = malloc(len * 3 + 1), *to = name;
	size_t n;

	if (!name)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = bytes[i];
		n = plain_len(bytes + i, len - i);
		if (n && !is_special(byte, !i, allows_tilde)) {
			to = mempcpy(to, bytes + i, n);
			i += n - 1;
			continue;
		}
		*to++ = '%';
		*to++ = digits[byte >> 4];
		*to++ = digits[byte & 15];
	}
	*to = '\0';
	return name;
}

char *safe_name_encode(const char *bytes, size_t len)
{
	return encode(bytes, len, false);
}

static int digit_value(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : toupper(c) - 'A' + 10;
}

char *safe_name_decode(const char *name)
{
	char *bytes = malloc(strlen(name) + 1), *to = bytes;

	if (!bytes)
		return NULL;
	while (*name) {
		if (*name == '%' && isxdigit((unsigned char)name[1]) &&
			isxdigit((unsigned char)name[2])) {
			*to++ = digit_value(name[1]) << 4 |
				digit_value(name[2]);
			name += 3;
		} else {
			*to++ = *name++;
		}
	}
	*to = '\0';
	return bytes;
}

/* What follows the `~`: the id, encoded, or its hash. Owned by the caller. */
static char *id_word(const char *id)
{
	char *word = encode(id, strlen(id), false);

	if (!word || strlen(word) <= ID_MAX)
		return word;
	free(word);
	return asprintf(&word, "%016" PRIx64,
		       hash_bytes(HASH_START, id, strlen(id))) < 0
		? NULL
		: word;
}

/* Truncates to room bytes, but not inside a character or an encoded byte. */
static void cut(char *name, size_t room)
{
	if (strlen(name) <= room)
		return;
	while (room && (name[room] & 0xc0) == 0x80)
		room--;
	for (size_t i = 1; i <= 2 && i <= room; i++) {
		if (name[room - i] == '%') {
			room -= i;
			break;
		}
	}
	name[room] = '\0';
}

static int tell_apart(struct named *named)
{
	char *word = id_word(named->id), *name;
	int err = -ENOMEM;

	if (!word)
		return err;
	cut(named->name, SAFE_NAME_MAX - 1 - strlen(word));
	if (asprintf(&name, "%s~%s", named->name, word) >= 0) {
		free(named->name);
		named->name = name;
		err = 0;
	}
	free(word);
	return err;
}

/* ---- all of a directory ---- */

static int by_group(const struct named *x, const struct named *y)
{
	return x->group ? strcmp(x->group, y->group) : 0;
}

static int by_name(const void *a, const void *b)
{
	const struct named *const *x = a, *const *y = b;
	int order = by_group(*x, *y);

	return order ? order : strcmp((*x)->name, (*y)->name);
}

static int by_id(const void *a, const void *b)
{
	const struct named *const *x = a, *const *y = b;
	int order = by_group(*x, *y);

	return order ? order : strcmp((*x)->id, (*y)->id);
}

/* Whether the name is the id of another one, which can be looked up by it. */
static bool is_other_id(
	struct named *named, struct named *const *ids, size_t count)
{
	struct named key = { .id = named->name, .group = named->group };
	const struct named *wanted = &key;
	struct named *const *found =
		bsearch(&wanted, ids, count, sizeof(*ids), by_id);

	return found && *found != named;
}

static bool is_taken(const char *name, const char *const *taken)
{
	for (; taken && *taken; taken++)
		if (!strcmp(*taken, name))
			return true;
	return false;
}

static bool is_plain(const struct named *named, const char *const *taken)
{
	return named->name[0] && strlen(named->name) <= SAFE_NAME_MAX &&
		!strchr(named->name, '~') && !is_taken(named->name, taken);
}

static int name_all(struct named **names, struct named **ids, size_t count,
	const char *const *taken)
{
	qsort(names, count, sizeof(*names), by_name);
	qsort(ids, count, sizeof(*ids), by_id);
	for (size_t i = 0; i < count; i++) {
		names[i]->is_unclear = !is_plain(names[i], taken) ||
			is_other_id(names[i], ids, count);
		if (i && !by_name(&names[i], &names[i - 1]))
			names[i]->is_unclear = names[i - 1]->is_unclear = true;
	}
	/* Only now, when all have been compared. */
	for (size_t i = 0; i < count; i++)
		if (names[i]->is_unclear && tell_apart(names[i]))
			return -ENOMEM;
	return 0;
}

int safe_names(struct named *all, size_t count, const char *const *taken)
{
	struct named **names = calloc(count + 1, 2 * sizeof(*names));
	int err = names ? 0 : -ENOMEM;

	for (size_t i = 0; i < count; i++) {
		all[i].name = encode(all[i].raw, all[i].raw_len, true);
		if (!all[i].name)
			err = -ENOMEM;
		if (names)
			names[i] = names[count + i] = &all[i];
	}
	if (!err)
		err = name_all(names, names + count, count, taken);
	for (size_t i = 0; err && i < count; i++) {
		free(all[i].name);
		all[i].name = NULL;
	}
	free(names);
	return err;
}
